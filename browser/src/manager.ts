import { backoff } from "./backoff.js";
import { Engine } from "./engine.js";
import type { DisconnectDetails } from "./errors.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import type { Packet, PacketDecoder, PacketEncoder } from "./packet.js";
import { isReturn, returning, watchPage } from "./page.js";
import { Decoder, Encoder } from "./parser.js";
import { Settings } from "./settings.js";
import { Socket } from "./socket.js";
import { type Later, timersOf } from "./timers.js";

export interface ManagerEvents {
  open: () => void;
  error: (error: Error) => void;
  ping: () => void;
  packet: (packet: Packet) => void;
  close: (reason: string, details?: DisconnectDetails | Error) => void;
  reconnect_attempt: (attempt: number) => void;
  reconnect: (attempt: number) => void;
  reconnect_error: (error: Error) => void;
  reconnect_failed: () => void;
}

/** A server: the connection to it, which its namespaces share, and the attempts to make one. */
export class Manager extends Settings<ManagerEvents> {
  /** The connection; a new one for each attempt. */
  engine!: Engine;

  /** The sockets of this connection, by the names of their namespaces. */
  readonly nsps: { [namespace: string]: Socket } = {};

  readonly encoder: PacketEncoder;
  readonly decoder: PacketDecoder;
  readonly opts: ManagerOptions & SocketOptions;
  readonly uri?: string;

  /** @internal */
  _readyState: "opening" | "open" | "closed" = "closed";

  /** How many attempts to reconnect there have been in a row. @internal */
  _attempts = 0;

  /** Whether an attempt is waited for or under way. @internal */
  _reconnecting = false;

  /** Set while nobody wants a connection. @internal */
  _unwanted = false;

  /** Ends an attempt that takes too long, or begins the next one. @internal */
  _stopTimer?: () => void;

  /** @internal */
  _later: Later;

  /** @internal */
  _unwatch?: () => void;

  /** @internal */
  _autoConnect: boolean;

  constructor(opts?: ManagerOptions & SocketOptions);
  constructor(uri?: string, opts?: ManagerOptions & SocketOptions);
  constructor(uri?: string | (ManagerOptions & SocketOptions), opts?: ManagerOptions & SocketOptions) {
    super();
    if (typeof uri === "object") opts = uri;
    else this.uri = uri;
    this.opts = opts ||= {};
    this._later = timersOf(opts);
    const parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder();
    this.decoder = new parser.Decoder();
    this.decoder.on("decoded", (packet) => {
      const { engine } = this;
      // In a task of its own, so that an error of the application is not one of the connection.
      queueMicrotask(() => engine === this.engine && this._readyState === "open" && this._onPacket(packet));
    });
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
  open(callback?: (error?: Error) => void): this {
    if (this._readyState !== "closed") return this;
    this._stopWaiting();
    const engine = (this.engine = new Engine(this.uri, this.opts));
    this._readyState = "opening";
    this._unwanted = false;

    const failed = (error: Error) => {
      this._stopWaiting();
      this._readyState = "closed";
      // Told while it still counts as an attempt: a listener that connects makes no second one.
      this._onError(error);
      const again = this._reconnecting || !this._attempts;
      this._reconnecting = false;
      if (callback) callback(error);
      else if (again) this._reconnect();
    };
    const opening = () => this._readyState === "opening";
    // What a connection says after it was given up is of no interest.
    const listen = (event: string, listener: (...args: any[]) => void) =>
      engine.on(event, (...args) => engine === this.engine && this._readyState !== "closed" && listener(...args));

    listen("open", () => {
      this._onOpen();
      callback?.();
    });
    listen("error", (error) => (opening() ? failed(error) : this._onError(error)));
    listen("close", (reason, details) => (opening() ? failed(new Error(reason)) : this._onClose(reason, details)));
    if (!LITE) listen("ping", () => this.emit("ping"));
    listen("data", (data) => this._onData(data));

    const limit = this._setting("timeout", 20000);
    const expired = () => {
      failed(new Error("timeout"));
      engine.close();
    };
    if (limit !== false) this._stopTimer = this._later(expired, limit);
    return this;
  }

  connect(callback?: (error?: Error) => void): this {
    return this.open(callback);
  }

  /** The socket of a namespace; the same one each time. */
  socket(nsp: string, opts?: SocketOptions): Socket {
    const socket = (this.nsps[nsp] ||= new Socket(this, nsp, opts));
    if (this._autoConnect && !socket.active) socket.connect();
    return socket;
  }

  /** @internal */
  _onOpen(): void {
    this._stopWaiting();
    this._readyState = "open";
    this._reconnecting = false;
    this._tell((socket) => socket._onOpen());
    this.emit("open");
  }

  /** @internal */
  _onError(error: Error): void {
    this._tell((socket) => socket._onError(error));
    this.emit("error", error);
  }

  /** @internal */
  _onData(data: string | ArrayBuffer): void {
    try {
      this.decoder.add(data);
    } catch (error) {
      this._onClose("parse error", error as Error);
    }
  }

  /** @internal */
  _onPacket(packet: Packet): void {
    this._tell((socket) => socket.nsp === packet.nsp && socket._onPacket(packet));
    this.emit("packet", packet);
  }

  /** @internal */
  _tell(tell: (socket: Socket) => void): void {
    for (const socket of Object.values(this.nsps)) {
      if (socket.active) tell(socket);
    }
  }

  /** @internal */
  _stopWaiting(): void {
    this._stopTimer?.();
    this._unwatch?.();
  }

  /** @internal */
  _send(packet: Packet): void {
    for (const part of this.encoder.encode(packet)) this.engine.write(part as string, packet.options);
  }

  /** Closes the connection if no namespace needs it any more. @internal */
  _release(): void {
    let needed = false;
    this._tell(() => (needed = true));
    if (!needed) this.disconnect();
  }

  /** Closes the connection, and does not come back. */
  disconnect(): void {
    this._unwanted = true;
    this._reconnecting = false;
    this._onClose("forced close");
  }

  /** @internal */
  _onClose(reason: string, details?: DisconnectDetails | Error): void {
    this._stopWaiting();
    this.decoder.destroy();
    this._attempts = 0;
    this._readyState = "closed";
    this.engine?.close();
    this._tell((socket) => socket._onClose(reason, details));
    this.emit("close", reason, details);
    this._reconnect();
  }

  /** Waits, then tries to connect, and so on until it succeeds or it is time to give up. @internal */
  _reconnect(): void {
    const idle = this._readyState === "closed" && !this._reconnecting;
    if (!idle || this._unwanted || !this._setting("reconnection", true)) return;
    if (this._attempts >= this._setting("reconnectionAttempts", Infinity)) {
      this._attempts = 0;
      this.emit("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const wait = backoff(
      this._attempts++,
      this._setting("reconnectionDelay", 1000),
      this._setting("reconnectionDelayMax", 5000),
      this._setting("randomizationFactor", 0.5),
    );
    this._stopTimer = this._later(() => this._try(), wait);
    // Who comes back to the page, or back online, does not want to wait.
    this._unwatch = watchPage(returning, (event) => (LITE || isReturn(event)) && this._try());
  }

  /** @internal */
  _try(): void {
    this._stopWaiting();
    const attempt = this._attempts;
    if (!this._unwanted) this.emit("reconnect_attempt", attempt);
    // A listener may have closed it.
    if (this._unwanted) {
      this._reconnecting = false;
      return;
    }
    this.open((error) => {
      if (error) {
        this._reconnect();
        this.emit("reconnect_error", error);
      } else {
        this._attempts = 0;
        this.emit("reconnect", attempt);
      }
    });
  }
}
