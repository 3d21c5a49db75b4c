/** The connection of the lite build: one WebSocket from the beginning to the end. */

import { Emitter } from "./emitter.js";
import { type DisconnectDetails, TransportError } from "./errors.js";
import type { EngineOptions } from "./options.js";
import { type Later, timersOf } from "./timers.js";
import { parseAddress, queryOf, targetOf } from "./url.js";

export class Engine extends Emitter {
  id?: string | null;
  readyState: "opening" | "open" | "closed" = "opening";
  readonly transport = { name: "websocket", writable: true };

  /** The WebSocket itself. */
  ws!: WebSocket;

  /** After how many milliseconds without a ping the server is lost. @internal */
  _patience = 0;

  /** @internal */
  _later: Later;

  /** @internal */
  _stopTimer?: () => void;

  /** When the next ping must have come; see the full build. @internal */
  _pingDeadline = Infinity;

  constructor(uri: string | undefined, opts: EngineOptions) {
    super();
    this._later = timersOf(opts);
    const address = parseAddress(uri);
    const query = new URLSearchParams({ ...queryOf(address, opts), EIO: "4", transport: "websocket" });
    try {
      const ws = (this.ws = new (opts.WebSocket || WebSocket)(`ws${targetOf(address, opts)}?${query}`, opts.protocols));
      ws.binaryType = "arraybuffer";
      ws.onmessage = (event) => this._onMessage(event.data);
      ws.onerror = (event) => this._fail(event);
      ws.onclose = (event) => this._onClose("transport close", { description: "websocket closed", context: event });
    } catch (error) {
      queueMicrotask(() => this._fail(error));
    }
  }

  write(data: string | ArrayBuffer): this {
    if (this.readyState === "open") this.ws.send(typeof data === "string" ? 4 + data : data);
    return this;
  }

  close(): this {
    this._onClose("forced close");
    return this;
  }

  /** @internal */
  _onMessage(data: string | ArrayBuffer): void {
    const isText = typeof data === "string";
    const type = isText ? data[0] : "4";
    if (type === "4") {
      this.emit("data", isText ? data.slice(1) : data);
    } else if (type === "2") {
      this.ws.send("3");
      this._expectPing();
    } else {
      this._onHandshake(type, data.slice(1) as string);
    }
  }

  /** @internal */
  _onHandshake(type: string | undefined, text: string): void {
    try {
      if (type !== "0") throw type;
      const { sid, pingInterval, pingTimeout } = JSON.parse(text);
      this.id = sid;
      this._patience = pingInterval + pingTimeout;
    } catch {
      return this._fail(text);
    }
    this._expectPing();
    this.readyState = "open";
    this.emit("open");
  }

  /** @internal */
  _expectPing(): void {
    this._stopTimer?.();
    this._pingDeadline = Date.now() + this._patience;
    this._stopTimer = this._later(() => this._onClose("ping timeout"), this._patience);
  }

  /** Whether the server is lost, which nobody has noticed as the machine has slept. @internal */
  _expired(): boolean {
    if (Date.now() <= this._pingDeadline) return false;
    queueMicrotask(() => this._onClose("ping timeout"));
    return true;
  }

  /** @internal */
  _fail(cause: unknown): void {
    if (this.readyState === "closed") return;
    const error = new TransportError("websocket error", cause);
    this.emit("error", error);
    this._onClose("transport error", error);
  }

  /** @internal */
  _onClose(reason: string, details?: DisconnectDetails | Error): void {
    if (this.readyState === "closed") return;
    this.readyState = "closed";
    this._stopTimer?.();
    this.ws?.close();
    this.emit("close", reason, details);
  }
}
