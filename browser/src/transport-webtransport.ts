import { bytesOf } from "./binary.js";
import { decodePacket, encodePacket, type EnginePacket, type RawData } from "./engine-packet.js";
import { TransportError } from "./errors.js";
import { Transport } from "./transport.js";

/** The part of WebTransport that is used here. */
interface Session {
  ready: Promise<unknown>;
  closed: Promise<unknown>;
  createBidirectionalStream(): Promise<{
    readable: ReadableStream<Uint8Array>;
    writable: WritableStream<Uint8Array>;
  }>;
  close(): void;
}

/** A stream of WebTransport. As a stream has no messages, each packet has its length in front. */
export class WebTransportTransport extends Transport {
  get name(): string {
    return "webtransport";
  }

  /** @internal */
  _session?: Session;

  /** @internal */
  _writer?: WritableStreamDefaultWriter<Uint8Array>;

  /** @internal */
  _connect(): void {
    this._run().catch((error) => this._failed(new TransportError("webtransport error", error)));
  }

  /** @internal */
  async _run(): Promise<void> {
    const session: Session = (this._session = new (globalThis as any).WebTransport(
      this._uri("http").replace(/^http:/, "https:"),
      this.opts.transportOptions?.[this.name],
    ));
    // An error of it reaches the reader as well.
    const closed = session.closed.catch(() => {});
    await session.ready;
    const stream = await session.createBidirectionalStream();
    this._writer = stream.writable.getWriter();
    const { sid } = this.query;
    await this._sendOne({ type: "open", data: sid && JSON.stringify({ sid }) });
    this._opened();
    await this._read(stream.readable.getReader());
    await closed;
    this._closed({ description: "webtransport connection closed" });
  }

  /** Cuts what arrives into packets. @internal */
  async _read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    let bytes = new Uint8Array();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const joined = new Uint8Array(bytes.length + value.length);
      joined.set(bytes);
      joined.set(value, bytes.length);
      bytes = joined;
      for (;;) {
        const [start, end] = frame(bytes);
        if (end > bytes.length) break;
        const body = bytes.slice(start, end);
        // A frame without a body makes an error, as no packet is empty.
        this.emit("packet", decodePacket(bytes[0]! & 128 && end > start ? body.buffer : decoder.decode(body)));
        bytes = bytes.subarray(end);
      }
    }
  }

  /** @internal */
  async _write(packets: EnginePacket[]): Promise<void> {
    try {
      for (const packet of packets) await this._sendOne(packet);
      this._drained();
    } catch (error) {
      this._failed(new TransportError("webtransport error", error));
    }
  }

  /** @internal */
  async _sendOne(packet: EnginePacket): Promise<void> {
    const data = await encodePacket(packet, this.opts.forceBase64);
    const body = await toBytes(data);
    await this._writer!.write(header(body.length, typeof data !== "string"));
    await this._writer!.write(body);
  }

  /** @internal */
  _disconnect(): void {
    try {
      this._session?.close();
    } catch {
      // It never opened.
    }
  }
}

async function toBytes(data: RawData): Promise<Uint8Array> {
  if (typeof data === "string") return new TextEncoder().encode(data);
  return bytesOf(data instanceof Blob ? await data.arrayBuffer() : data);
}

/** Where the body of the first frame begins and ends; the end is beyond what is there if it is not whole. */
function frame(bytes: Uint8Array): [start: number, end: number] {
  const size = bytes[0]! & 127;
  const start = size < 126 ? 1 : size < 127 ? 3 : 9;
  if (!(bytes.length >= start)) return [0, Infinity];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const length = size < 126 ? size : size < 127 ? view.getUint16(1) : Number(view.getBigUint64(1));
  return [start, start + length];
}

/** The length of a body, and whether it is binary, in as many bytes as it takes. */
function header(length: number, binary: boolean): Uint8Array {
  const kind = binary ? 128 : 0;
  if (length < 126) return Uint8Array.of(kind | length);
  const size = length < 65536 ? 3 : 9;
  const view = new DataView(new ArrayBuffer(size));
  view.setUint8(0, kind | (size < 9 ? 126 : 127));
  if (size < 9) view.setUint16(1, length);
  else view.setBigUint64(1, BigInt(length));
  return new Uint8Array(view.buffer);
}
