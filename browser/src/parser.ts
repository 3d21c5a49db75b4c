/**
 * The protocol's own encoding: a line of text, `type[attachments-][namespace,][id][JSON]`,
 * followed by the attachments, which have placeholders in the JSON.
 */

import { type Binary, isBinary } from "./binary.js";
import { Emitter } from "./emitter.js";
import { isValid, type Packet, type PacketDecoder, type PacketEncoder, PacketType } from "./packet.js";

export class Encoder implements PacketEncoder {
  encode({ type, nsp, id, data }: Packet): (string | Binary)[] {
    const attachments: Binary[] = [];
    function extract(this: any, key: string, value: unknown): unknown {
      // A Buffer has become an object by now, by its toJSON.
      const original = this[key];
      return isBinary(original) ? { "_placeholder": true, num: attachments.push(original) - 1 } : value;
    }
    // Only what the application sends is searched for attachments.
    const searched = type === PacketType.EVENT || type === PacketType.ACK;
    const json = data === undefined ? "" : JSON.stringify(data, searched ? extract : undefined);
    const count = attachments.length ? `${type + 3}${attachments.length}-` : type;
    return [`${count}${nsp === "/" ? "" : nsp + ","}${id ?? ""}${json}`, ...attachments];
  }
}

/** Its groups: type, or binary type and number of attachments; namespace; id; JSON. */
const line = /^(?:([0-4])|([56])([1-9]\d*)-)(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s;

export class Decoder extends Emitter implements PacketDecoder {
  /** The line whose attachments are being waited for. @internal */
  _pending?: RegExpExecArray;

  /** The attachments that have arrived of it. @internal */
  _attachments: ArrayBuffer[] = [];

  add(data: string | ArrayBuffer): void {
    const isLine = typeof data === "string";
    // A line and its attachments are sent in one go.
    const parts = isLine === !this._pending && (isLine ? line.exec(data) : this._pending);
    if (!parts) invalid();
    const [, , binary, count] = (this._pending = parts);
    if (!isLine) this._attachments.push(data);
    if (!binary || this._attachments.length === +count!) this._finish(parts);
  }

  /** Emits a packet that is complete. @internal */
  _finish([, plain, binary, , nsp = "/", id, json]: RegExpExecArray): void {
    const attachments = this._attachments;
    this.destroy();
    const type: PacketType = +(plain || binary!);
    const restore = (_: string, value: any) =>
      value?.["_placeholder"] === true ? attachments[value.num] || invalid() : value;
    const data = json ? JSON.parse(json, binary ? restore : undefined) : undefined;
    if (!isValid(type, data)) invalid();
    const packet: Packet = { type, nsp, data };
    if (id) packet.id = +id;
    this.emit("decoded", packet);
  }

  /** Forgets what is not complete. */
  destroy(): void {
    this._pending = undefined;
    this._attachments = [];
  }
}

function invalid(): never {
  throw new Error("invalid packet");
}
