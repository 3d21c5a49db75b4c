import type { EngineOptions, Query } from "./options.js";
import type { DisconnectDetails } from "./errors.js";
import { TransportError } from "./errors.js";
import { Emitter } from "./emitter.js";
import type { EnginePacket } from "./engine-packet.js";

/** What a transport is given: the options of the engine, and where the server is. */
export interface TransportOptions extends EngineOptions {
  query: Query;

  /** What stands behind the scheme in URLs of the server, up to their query. @internal */
  _target: string;
}

/** The constructor of a transport. */
export interface TransportClass {
  new (options: TransportOptions): Transport;
  prototype: Transport;
}

/**
 * A way to the server. It emits `open`, `packet`, `drain` (what was sent is on its way and
 * more may follow), `error` and `close`; the last two once at most, and nothing after them.
 */
export abstract class Transport extends Emitter {
  /** "polling", "websocket" or "webtransport". */
  abstract get name(): string;

  readyState: "opening" | "open" | "pausing" | "paused" | "closed" = "opening";

  /** Whether packets may be sent now. */
  writable = false;

  constructor(
    readonly opts: TransportOptions,
    readonly query: Query = opts.query,
  ) {
    super();
  }

  /** Begins to connect. Nothing is emitted before it has returned. @internal */
  abstract _connect(): void;

  /** Sends packets, of which there is one at least. @internal */
  abstract _write(packets: EnginePacket[]): void;

  /** Ends the connection, as far as there is one; in order, or because it has failed. @internal */
  abstract _disconnect(inOrder: boolean): void;

  close(): void {
    if (this.readyState !== "closed") {
      this._disconnect(true);
      this._closed();
    }
  }

  /** Sends packets; the caller has seen that the transport is writable. @internal */
  _send(packets: EnginePacket[]): void {
    this.writable = false;
    this._write(packets);
  }

  /** The address of the server, with the query of this connection. @internal */
  _uri(scheme: string): string {
    const { opts, query } = this;
    const stamp = opts.timestampRequests ?? this.name === "polling";
    // Some caches and proxies merge requests that are the same, whatever their headers say.
    if (stamp) query[opts.timestampParam || "t"] = Math.random().toString(36).slice(2, 10);
    if (opts.forceBase64) query.b64 = 1;
    return `${scheme}${opts._target}?${new URLSearchParams(query as Record<string, string>)}`;
  }

  /** @internal */
  _opened(): void {
    this.readyState = "open";
    this.writable = true;
    this.emit("open");
  }

  /** @internal */
  _drained(): void {
    if (this.readyState !== "closed") {
      this.writable = true;
      this.emit("drain");
    }
  }

  /** @internal */
  _failed(error: TransportError): void {
    if (this.readyState !== "closed") {
      this._disconnect(false);
      this.readyState = "closed";
      this.emit("error", error);
    }
  }

  /** @internal */
  _closed(details?: DisconnectDetails): void {
    if (this.readyState !== "closed") {
      this.readyState = "closed";
      this.emit("close", details);
    }
  }
}
