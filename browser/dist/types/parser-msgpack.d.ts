/** The encoding of socket.io-msgpack-parser: each packet is one binary message. */
import { Emitter } from "./emitter.js";
import { type Packet, type PacketDecoder, type PacketEncoder } from "./packet.js";
export declare class Encoder implements PacketEncoder {
    encode({ type, nsp, data, id }: Packet): ArrayBuffer[];
}
export declare class Decoder extends Emitter implements PacketDecoder {
    add(message: string | ArrayBuffer): void;
    destroy(): void;
}
