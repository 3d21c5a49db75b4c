/**
 * The protocol's own encoding: a line of text, `type[attachments-][namespace,][id][JSON]`,
 * followed by the attachments, which have placeholders in the JSON.
 */
import { type Binary } from "./binary.js";
import { Emitter } from "./emitter.js";
import { type Packet, type PacketDecoder, type PacketEncoder } from "./packet.js";
export declare class Encoder implements PacketEncoder {
    encode({ type, nsp, id, data }: Packet): (string | Binary)[];
}
export declare class Decoder extends Emitter implements PacketDecoder {
    add(data: string | ArrayBuffer): void;
    /** Forgets what is not complete. */
    destroy(): void;
}
