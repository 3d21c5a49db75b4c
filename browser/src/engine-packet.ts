import { type Binary, fromBase64, toBase64 } from "./binary.js";

/** The types of Engine.IO's packets; the number of each is its place. */
const types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"] as const;

export type PacketType = (typeof types)[number] | "error";

/** What a message may be. */
export type RawData = string | Binary;

/** A packet of Engine.IO, protocol 4. */
export interface EnginePacket {
  type: PacketType;
  data?: RawData;
  options?: { compress?: boolean };
}

/**
 * A packet as it travels: text, or the bytes of a binary message, which have no type. As
 * base64, bytes are text behind a "b"; those of a Blob take a while to be read.
 *
 * @internal
 */
export function encodePacket({ type, data }: EnginePacket, base64?: boolean): RawData | Promise<string> {
  if (data === undefined || typeof data === "string") {
    return types.indexOf(type as "open") + (data || "");
  }
  if (!base64) return data;
  return data instanceof Blob ? data.arrayBuffer().then((buffer) => "b" + toBase64(buffer)) : "b" + toBase64(data);
}

/** The packet that text or bytes stand for; one of type "error" has the text that stands for none. @internal */
export function decodePacket(data: string | ArrayBuffer): EnginePacket {
  if (typeof data !== "string") return { type: "message", data };
  try {
    if (data[0] === "b") return { type: "message", data: fromBase64(data.slice(1)) };
  } catch {
    // Not base64.
  }
  const type = types[data.charCodeAt(0) - 48];
  if (!type) return { type: "error", data };
  return data.length > 1 ? { type, data: data.slice(1) } : { type };
}
