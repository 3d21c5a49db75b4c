import { decodePacket, encodePacket, type EnginePacket } from "./engine-packet.js";
import { TransportError } from "./errors.js";
import { Transport } from "./transport.js";

/** A WebSocket: one packet, one message. */
export class WebSocketTransport extends Transport {
  get name(): string {
    return "websocket";
  }

  /** The WebSocket itself. */
  ws?: WebSocket;

  /** @internal */
  _connect(): void {
    const { protocols, extraHeaders, WebSocket = globalThis.WebSocket } = this.opts;
    const failed = (cause: unknown) => this._failed(new TransportError("websocket error", cause));
    try {
      // Constructors outside of browsers take headers; a browser's ignores them.
      const ws = (this.ws = new WebSocket(this._uri("ws"), protocols || [], { headers: extraHeaders }));
      ws.binaryType = "arraybuffer";
      ws.onopen = () => this._opened();
      ws.onmessage = (event) => this.emit("packet", decodePacket(event.data));
      ws.onerror = failed;
      ws.onclose = (event) => this._closed({ description: "websocket connection closed", context: event });
    } catch (error) {
      // There is no such constructor, or the page's policy forbids the address.
      queueMicrotask(() => failed(error));
    }
  }

  /** @internal */
  async _write(packets: EnginePacket[]): Promise<void> {
    for (const packet of packets) {
      let data = encodePacket(packet, this.opts.forceBase64);
      if (data instanceof Promise) data = await data;
      try {
        this.ws!.send(data as string);
      } catch {
        // It is closing, which is told by an event of its own.
      }
    }
    await null;
    this._drained();
  }

  /** @internal */
  _disconnect(): void {
    const { ws } = this;
    if (ws) {
      ws.onmessage = ws.onclose = null;
      // Where it is still opening, closing it is an error in its eyes.
      ws.onerror = () => {};
      ws.close();
    }
  }
}
