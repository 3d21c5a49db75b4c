import { type Binary } from "./binary.js";
/** The types of Engine.IO's packets; the number of each is its place. */
declare const types: readonly ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
export type PacketType = (typeof types)[number] | "error";
/** What a message may be. */
export type RawData = string | Binary;
/** A packet of Engine.IO, protocol 4. */
export interface EnginePacket {
    type: PacketType;
    data?: RawData;
    options?: {
        compress?: boolean;
    };
}
export {};
