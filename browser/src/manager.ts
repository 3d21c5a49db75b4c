import { backoff } from "./backoff.js";
import { Emitter, subscribe } from "./emitter.js";
import { Engine } from "./engine.js";
import type { DisconnectDetails } from "./errors.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import type { Packet, PacketDecoder, PacketEncoder } from "./packet.js";
import { isReturn, returning, watchPage } from "./page.js";
import * as standard from "./parser.js";
import { Socket } from "./socket.js";

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
export class Manager extends Emitter<ManagerEvents> {
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

  /** Undoes what holds for the present connection only. @internal */
  _cleanups: (() => void)[] = [];

  /** @internal */
  _autoConnect: boolean;

  /** What the setters have set, which goes before what opts says. @internal */
  _settings: ManagerOptions = {};

  constructor(opts?: ManagerOptions & SocketOptions);
  constructor(uri?: string, opts?: ManagerOptions & SocketOptions);
  constructor(uri?: string | (ManagerOptions & SocketOptions), opts?: ManagerOptions & SocketOptions) {
    super();
    if (typeof uri === "object") opts = uri;
    else this.uri = uri;
    this.opts = opts ||= {};
    const { Encoder, Decoder } = opts.parser || standard;
    this.encoder = new Encoder();
    this.decoder = new Decoder();
    this._autoConnect = opts.autoConnect !== false;
    if (this._autoConnect) this.open();
  }

  reconnection(): boolean;
  reconnection(value: boolean): this;
  reconnection(value?: boolean): this | boolean {
    // Whoever switches it off does not want the attempt that is waited for either.
    if (value === false) this._unwanted = true;
    return this._setting("reconnection", true, value);
  }

  reconnectionAttempts(): number;
  reconnectionAttempts(value: number): this;
  reconnectionAttempts(value?: number): this | number {
    return this._setting("reconnectionAttempts", Infinity, value);
  }

  reconnectionDelay(): number;
  reconnectionDelay(value: number): this;
  reconnectionDelay(value?: number): this | number {
    return this._setting("reconnectionDelay", 1000, value);
  }

  reconnectionDelayMax(): number;
  reconnectionDelayMax(value: number): this;
  reconnectionDelayMax(value?: number): this | number {
    return this._setting("reconnectionDelayMax", 5000, value);
  }

  randomizationFactor(): number;
  randomizationFactor(value: number): this;
  randomizationFactor(value?: number): this | number {
    return this._setting("randomizationFactor", 0.5, value);
  }

  timeout(): number | false;
  timeout(value: number | false): this;
  timeout(value?: number | false): this | number | false {
    return this._setting<number | false>("timeout", 20000, value);
  }

  /** Reads an option, or sets it for this manager. @internal */
  _setting<T>(name: keyof ManagerOptions, byDefault: T, value?: T): any {
    if (value === undefined) return this._settings[name] ?? this.opts[name] ?? byDefault;
    (this._settings as Record<string, unknown>)[name] = value;
    return this;
  }

  /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
  open(callback?: (error?: Error) => void): this {
    if (this._readyState !== "closed") return this;
    const engine = (this.engine = new Engine(this.uri, this.opts));
    this._readyState = "opening";
    this._unwanted = false;
    const limit = this.timeout();

    const failed = (error: Error) => {
      this._cleanup();
      this._readyState = "closed";
      // Told while it still counts as an attempt: a listener that connects makes no second one.
      this.emit("error", error);
      const again = this._reconnecting || !this._attempts;
      this._reconnecting = false;
      if (callback) callback(error);
      else if (again) this._reconnect();
    };
    const expired = () => {
      failed(new Error("timeout"));
      engine.close();
    };
    const timer = limit !== false && setTimeout(expired, limit);
    this._cleanups.push(
      () => clearTimeout(timer as number),
      subscribe(engine, "error", failed),
      subscribe(engine, "close", (reason) => failed(new Error(reason))),
      subscribe(engine, "open", () => {
        this._onOpen();
        callback?.();
      }),
    );
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
    this._cleanup();
    this._readyState = "open";
    this._reconnecting = false;
    const { engine, decoder } = this;
    this._cleanups.push(
      subscribe(engine, "ping", () => this.emit("ping")),
      subscribe(engine, "error", (error) => this.emit("error", error)),
      subscribe(engine, "close", (reason, details) => this._onClose(reason, details)),
      subscribe(engine, "data", (data) => {
        try {
          decoder.add(data);
        } catch (error) {
          this._onClose("parse error", error as Error);
        }
      }),
      // In a task of its own, so that an error of the application is not one of the connection.
      subscribe(decoder as unknown as Emitter, "decoded", (packet) =>
        queueMicrotask(() => engine === this.engine && this._readyState === "open" && this.emit("packet", packet)),
      ),
    );
    this.emit("open");
  }

  /** @internal */
  _cleanup(): void {
    for (const cleanup of this._cleanups.splice(0)) cleanup();
    this.decoder.destroy();
  }

  /** @internal */
  _send(packet: Packet): void {
    for (const part of this.encoder.encode(packet)) this.engine.write(part, packet.options);
  }

  /** Closes the connection if no namespace needs it any more. @internal */
  _release(): void {
    if (!Object.values(this.nsps).some((socket) => socket.active)) this._close();
  }

  /** Closes the connection, and does not come back. @internal */
  _close(): void {
    this._unwanted = true;
    this._reconnecting = false;
    this._onClose("forced close");
  }

  disconnect(): void {
    this._close();
  }

  /** @internal */
  _onClose(reason: string, details?: DisconnectDetails | Error): void {
    this._cleanup();
    this.engine?.close();
    this._attempts = 0;
    this._readyState = "closed";
    this.emit("close", reason, details);
    this._reconnect();
  }

  /** Waits, then tries to connect, and so on until it succeeds or it is time to give up. @internal */
  _reconnect(): void {
    if (this._reconnecting || this._unwanted || this._readyState !== "closed" || !this.reconnection()) return;
    if (this._attempts >= this.reconnectionAttempts()) {
      this._attempts = 0;
      this.emit("reconnect_failed");
      return;
    }
    this._reconnecting = true;
    const wait = backoff(
      this._attempts++,
      this.reconnectionDelay(),
      this.reconnectionDelayMax(),
      this.randomizationFactor(),
    );
    const timer = setTimeout(() => this._try(), wait);
    this._cleanups.push(
      () => clearTimeout(timer),
      // Who comes back to the page, or back online, does not want to wait.
      watchPage(returning, (event) => isReturn(event) && this._try()),
    );
  }

  /** @internal */
  _try(): void {
    this._cleanup();
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

