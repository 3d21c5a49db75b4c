import { Emitter } from "./emitter.js";
import { type EnginePacket, type PacketType, type RawData } from "./engine-packet.js";
import { type DisconnectDetails, TransportError } from "./errors.js";
import type { EngineOptions } from "./options.js";
import { isReturn, remembered, returning, watchPage } from "./page.js";
import type { Transport, TransportClass } from "./transport.js";
import { supported, upgradeFrom } from "./transports.js";
import { type Later, timersOf } from "./timers.js";
import { type Address, parseAddress, queryOf, targetOf } from "./url.js";

/** What the server says first. */
interface Handshake {
  sid: string;
  upgrades: string[];
  pingInterval: number;
  pingTimeout: number;
  maxPayload: number;
}

/**
 * A connection of Engine.IO: one session with the server, over one transport after the
 * other. It is not used again after it has been closed.
 */
export class Engine extends Emitter {
  /** The id of the session, which is the server's and the client's secret. */
  id?: string | null;

  transport!: Transport;
  readyState: "opening" | "open" | "closing" | "closed" = "opening";

  /** What is not known to be on its way yet. */
  writeBuffer: EnginePacket[] = [];

  readonly opts: EngineOptions;
  readonly hostname: string;
  readonly secure: boolean;
  readonly port: string;
  readonly binaryType = "arraybuffer";

  /** The names of the transports that may be used; the first is the one to begin with. */
  transports: string[] = [];

  /** Whether the session is moving to another transport; nothing is sent meanwhile. */
  upgrading = false;

  /** Ends attempts to upgrade. @internal */
  _stopUpgrade?: () => void;

  /** @internal */
  _classes: Record<string, TransportClass> = {};

  /** How many packets of writeBuffer the transport has been given. @internal */
  _flushed = 0;

  /** How long a body may be that is sent, by the server's will. @internal */
  _maxPayload = 0;

  /** After how many milliseconds without a ping the server is lost. @internal */
  _patience = 0;

  /** @internal */
  _later: Later;

  /** @internal */
  _stopTimer?: () => void;

  /** When the next ping must have come. Timers stand still while a machine sleeps, the clock does not. @internal */
  _pingDeadline = Infinity;

  /** @internal */
  _unwatch: () => void;

  constructor(uri: string | undefined, opts: EngineOptions) {
    super();
    if (opts.transports && opts.transportImplementations) throw new Error("transports are given twice");
    this._later = timersOf(opts);
    const address = addressOf(uri, opts);
    this.opts = { ...opts, query: queryOf(address, opts) };
    const { protocol, hostname, port } = new URL(address.origin);
    this.hostname = hostname;
    this.secure = /^(https|wss):/.test(protocol);
    this.port = port || (this.secure ? "443" : "80");
    for (const transport of opts.transportImplementations || opts.transports || Object.keys(supported)) {
      const known = typeof transport === "string";
      const name = known ? transport : transport.prototype.name;
      this._classes[name] = known ? supported[name]! : transport;
      if (this._classes[name]) this.transports.push(name);
    }
    this._unwatch = watchPage(
      [...returning, "offline", "pagehide", ...(opts.closeOnBeforeunload ? ["beforeunload"] : [])],
      (event) => this._onPage(event),
    );
    this._open();
  }

  send(data: RawData, options?: EnginePacket["options"], callback?: () => void): this {
    return this._sendPacket("message", data, options, callback);
  }

  write(data: RawData, options?: EnginePacket["options"], callback?: () => void): this {
    return this.send(data, options, callback);
  }

  /** Closes the connection when all that waits has been sent. */
  close(): this {
    const close = () => this._onClose("forced close");
    if (this.readyState === "opening") close();
    if (this.readyState === "open") {
      this.readyState = "closing";
      const settled = () => (this.writeBuffer.length ? this.once("drain", close) : close());
      // What waits goes over the new transport, or else over the old one.
      if (this.upgrading) this.once("upgrade", settled).once("upgradeError", settled);
      else settled();
    }
    return this;
  }

  /** Makes a transport for this session. @internal */
  _create(name: string): Transport {
    const { opts, hostname, port, secure, id } = this;
    // One transport may lead elsewhere, as to the server of HTTP/3.
    const own = { ...opts, hostname, port, secure, ...opts.transportOptions?.[name] };
    const query: Record<string, unknown> = { ...opts.query, EIO: 4, transport: name };
    if (id) query.sid = id;
    return new this._classes[name]!({ ...own, query, _target: targetOf(addressOf(undefined, own), own) });
  }

  /** Opens the first transport, or the next one after it has failed. @internal */
  _open(): void {
    const { opts, transports } = this;
    const again = opts.rememberUpgrade && remembered.websocket && transports.includes("websocket");
    const name = again ? "websocket" : transports[0];
    if (!name) {
      this._later(() => this._onError(new TransportError("no transport")), 0);
      return;
    }
    this._use(this._create(name));
    this.transport._connect();
  }

  /** Makes a transport the one that is used. @internal */
  _use(transport: Transport): void {
    this.transport?.off();
    this.transport = transport
      .on("drain", () => this._onDrain())
      .on("packet", (packet) => this._onPacket(packet))
      .on("error", (error) => this._onError(error))
      .on("close", (details) => this._onClose("transport close", details));
  }

  /** @internal */
  _onPacket(packet: EnginePacket): void {
    if (this.readyState === "closed") return;
    this.emit("packet", packet);
    this.emit("heartbeat");
    const { type, data } = packet;
    if (type === "open") {
      this._onHandshake(data as string);
    } else if (type === "ping") {
      this._sendPacket("pong");
      this.emit("ping");
      this.emit("pong");
      this._expectPing();
    } else if (type === "message") {
      this.emit("data", data);
      this.emit("message", data);
    } else if (type === "error") {
      this._onError(notEngineIO(data as string));
    }
  }

  /** @internal */
  _onHandshake(text: string): void {
    let handshake: Handshake;
    try {
      handshake = JSON.parse(text);
      this.id = this.transport.query.sid = handshake.sid;
      this._patience = handshake.pingInterval + handshake.pingTimeout;
    } catch {
      return this._onError(notEngineIO(text));
    }
    this._maxPayload = handshake.maxPayload;
    this.emit("handshake", handshake);
    this._expectPing();
    this.readyState = "open";
    remembered.websocket = this.transport.name === "websocket";
    this.emit("open");
    this._flush();
    const upgrades = (handshake.upgrades || []).filter((name) => this.transports.includes(name));
    if (this.opts.upgrade !== false && (this.readyState as string) === "open") {
      this._stopUpgrade = upgradeFrom(this, upgrades);
    }
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
    this._pingDeadline = Infinity;
    queueMicrotask(() => this._onClose("ping timeout"));
    return true;
  }

  /** @internal */
  _onPage(event: Event): void {
    if (event.type === "offline") {
      // This machine is still there.
      if (this.hostname !== "localhost") this._onClose("transport close", { description: "network connection lost" });
    } else if (event.type === "pagehide") {
      // Kept in the browser's cache, the page would hold a connection that it cannot serve.
      if ((event as PageTransitionEvent).persisted) this._onClose("transport close", { description: "page hidden" });
    } else if (event.type === "beforeunload") {
      this.transport.off().close();
    } else if (isReturn(event)) {
      this._expired();
    }
  }

  /** @internal */
  _sendPacket(type: PacketType, data?: RawData, options: EnginePacket["options"] = {}, callback?: () => void): this {
    if (this.readyState === "opening" || this.readyState === "open") {
      const packet: EnginePacket = { type, data, options: { compress: options.compress !== false } };
      this.emit("packetCreate", packet);
      this.writeBuffer.push(packet);
      if (callback) this.once("flush", callback);
      this._flush();
    }
    return this;
  }

  /** Gives the transport what waits, if it can take it. @internal */
  _flush(): void {
    const { transport, writeBuffer } = this;
    if (this.readyState !== "closed" && transport.writable && !this.upgrading && writeBuffer.length) {
      const packets = this._batch();
      this._flushed = packets.length;
      transport._send(packets);
      this.emit("flush");
    }
  }

  /** The packets that one request may carry: all, or as many as the server takes, one at least. @internal */
  _batch(): EnginePacket[] {
    const { writeBuffer, _maxPayload } = this;
    if (!_maxPayload || this.transport.name !== "polling") return writeBuffer.slice();
    let size = -1;
    const end = writeBuffer.findIndex(({ data = "" }, i) => {
      // A type and a separator for each, or a "b" and base64.
      size += 2 + (typeof data === "string" ? new TextEncoder().encode(data).length : Math.ceil(sizeOf(data) / 3) * 4);
      return i && size > _maxPayload;
    });
    return writeBuffer.slice(0, end < 0 ? undefined : end);
  }

  /** @internal */
  _onDrain(): void {
    this.writeBuffer.splice(0, this._flushed);
    this._flushed = 0;
    if (this.writeBuffer.length) this._flush();
    else this.emit("drain");
  }

  /** @internal */
  _onError(error: TransportError): void {
    if (this.readyState === "closed") return;
    remembered.websocket = false;
    if (this.readyState === "opening" && this.opts.tryAllTransports && this.transports.length > 1) {
      this.transport.off().close();
      this.transports = this.transports.filter((name) => name !== this.transport.name);
      return this._open();
    }
    this.emit("error", error);
    this._onClose("transport error", error);
  }

  /** @internal */
  _onClose(reason: string, details?: DisconnectDetails | Error): void {
    if (this.readyState === "closed") return;
    this._stopTimer?.();
    this._unwatch();
    this._stopUpgrade?.();
    this.transport?.off().close();
    this.readyState = "closed";
    this.id = null;
    this.emit("close", reason, details);
    this.writeBuffer = [];
    this._flushed = 0;
  }
}

function notEngineIO(text: string | undefined): TransportError {
  return Object.assign(new TransportError("server error", String(text).slice(0, 200)), { code: "parser error" });
}

function sizeOf(data: Exclude<RawData, string>): number {
  return "size" in data ? data.size : data.byteLength;
}

/** Where a connection leads to: to the host of the URI, that of the options, or that of the page. */
function addressOf(uri: string | undefined, opts: EngineOptions): Address {
  const host = opts.hostname || opts.host;
  return parseAddress(uri || (host && `http${opts.secure ? "s" : ""}://${host}${opts.port ? ":" + opts.port : ""}`));
}
