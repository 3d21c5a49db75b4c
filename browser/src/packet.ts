import type { Binary } from "./binary.js";
import type { Listener } from "./emitter.js";

/** The version of the Socket.IO protocol that is spoken here. */
export const protocol = 5;

export enum PacketType {
  CONNECT,
  DISCONNECT,
  EVENT,
  ACK,
  CONNECT_ERROR,
  BINARY_EVENT,
  BINARY_ACK,
}

/** A packet of Socket.IO. */
export interface Packet {
  type: PacketType;
  nsp: string;
  data?: any;
  id?: number;
  options?: { compress?: boolean; volatile?: boolean };
}

/** Makes of a packet what travels: one text or binary message, or a text and its attachments. */
export interface PacketEncoder {
  encode(packet: Packet): (string | Binary)[];
}

/** Makes packets of what arrives, and emits each as `decoded`. What makes no sense, it throws. */
export interface PacketDecoder {
  add(data: string | ArrayBuffer): void;
  on(event: "decoded", listener: Listener): unknown;
  destroy(): void;
}

/** How packets are encoded; what socket.io-msgpack-parser exports is one. */
export interface Parser {
  Encoder: new () => PacketEncoder;
  Decoder: new () => PacketDecoder;
}

const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

/** Whether an event has a meaning of its own and cannot be sent. @internal */
export function isReserved(event: unknown): boolean {
  return reserved.includes(event as string);
}

/** Whether a packet may have that data, which absent is undefined. @internal */
export function isValid(type: PacketType, data: any): boolean {
  const isArray = Array.isArray(data);
  switch (type) {
    case PacketType.CONNECT:
    case PacketType.CONNECT_ERROR:
      return data === undefined || (typeof data === "object" && !isArray) || (!!type && typeof data === "string");
    case PacketType.DISCONNECT:
      return data === undefined;
    case PacketType.ACK:
    case PacketType.BINARY_ACK:
      return isArray;
    default:
      return isArray && (typeof data[0] === "number" || typeof data[0] === "string") && !isReserved(data[0]);
  }
}
