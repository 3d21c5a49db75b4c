/** The encoding of socket.io-msgpack-parser: each packet is one binary message. */

import { Emitter } from "./emitter.js";
import { decode, encode } from "./msgpack.js";
import { isValid, type Packet, type PacketDecoder, type PacketEncoder, PacketType } from "./packet.js";

export class Encoder implements PacketEncoder {
  encode({ type, nsp, data, id }: Packet): ArrayBuffer[] {
    return [encode({ type, nsp, data, id })];
  }
}

export class Decoder extends Emitter implements PacketDecoder {
  add(message: string | ArrayBuffer): void {
    const packet: Packet = decode(message as ArrayBuffer);
    const { type, nsp, id, data } = packet;
    const known = Number.isInteger(type) && type >= PacketType.CONNECT && type <= PacketType.CONNECT_ERROR;
    if (!known || typeof nsp !== "string" || !isValid(type, data) || !(id === undefined || Number.isInteger(id))) {
      throw new Error("invalid packet");
    }
    this.emit("decoded", packet);
  }

  destroy(): void {}
}
