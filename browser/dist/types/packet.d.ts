import type { Binary } from "./binary.js";
import type { Listener } from "./emitter.js";
/** The version of the Socket.IO protocol that is spoken here. */
export declare const protocol = 5;
export declare enum PacketType {
    CONNECT = 0,
    DISCONNECT = 1,
    EVENT = 2,
    ACK = 3,
    CONNECT_ERROR = 4,
    BINARY_EVENT = 5,
    BINARY_ACK = 6
}
/** A packet of Socket.IO. */
export interface Packet {
    type: PacketType;
    nsp: string;
    data?: any;
    id?: number;
    options?: {
        compress?: boolean;
        volatile?: boolean;
    };
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
