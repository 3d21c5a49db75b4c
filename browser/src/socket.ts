import { CatchAll } from "./catchall.js";
import type {
  AckValue,
  DefaultEventsMap,
  EventNames,
  EventParams,
  EventsMap,
  Listener,
  WithErrors,
  WithoutAck,
} from "./emitter.js";
import type { DisconnectDetails, TransportError } from "./errors.js";
import type { Manager } from "./manager.js";
import type { Auth, SocketOptions } from "./options.js";
import { isReserved, type Packet, PacketType } from "./packet.js";
import { RetryQueue } from "./retries.js";

export type DisconnectReason =
  | "io server disconnect"
  | "io client disconnect"
  | "ping timeout"
  | "transport close"
  | "transport error"
  | "parse error"
  | "forced close";

/** What a socket emits of its own accord. */
export interface SocketReservedEvents {
  connect: () => void;
  connect_error: (error: Error & Partial<TransportError> & { data?: any }) => void;
  disconnect: (reason: DisconnectReason, details?: DisconnectDetails | Error) => void;
}

/** Holds for the next event only. @internal */
export interface Flags {
  compress?: boolean;
  volatile?: boolean;
  timeout?: number;
  _queued?: boolean;
}

/** Called with an acknowledgement; those of _withError with an error, or null, in front. @internal */
export type Ack = Listener & { _withError?: boolean };

/** A namespace of a server. It outlives the connection: what is emitted meanwhile waits. */
export class Socket<
  Listen extends EventsMap = DefaultEventsMap,
  Emit extends EventsMap = Listen,
> extends CatchAll<Listen & SocketReservedEvents> {
  /** The id by which the server knows this socket, while it is connected. */
  id?: string;

  connected = false;

  /** Whether the server has given back the session of before, with what had been missed. */
  recovered = false;

  auth: SocketOptions["auth"];

  /** What has arrived before the namespace was joined. */
  receiveBuffer: unknown[][] = [];

  /** What waits for a connection. */
  sendBuffer: Packet[] = [];

  /** @internal */
  _flags: Flags = {};

  /** @internal */
  _nextId = 0;

  /** Who waits for acknowledgements, by their ids. @internal */
  _acks = new Map<number, Ack>();

  /** The server's name of the session, and how far it has been received: for recovery. @internal */
  _pid?: string;
  /** @internal */
  _offset?: string;

  /** What is sent again until it is acknowledged. @internal */
  _queue?: RetryQueue;

  /** Whether the socket is connected or will be without being told. */
  active = false;

  /** Identifies the CONNECT that is being prepared. @internal */
  _attempt?: object;


  constructor(
    readonly io: Manager,
    readonly nsp: string,
    /** @internal */
    readonly _opts: SocketOptions = {},
  ) {
    super();
    this.auth = _opts.auth;
    if (!LITE) this._queue = new RetryQueue(this, _opts.retries);
    if (io._autoConnect) this.connect();
  }

  get disconnected(): boolean {
    return !this.connected;
  }

  connect(): this {
    const { io } = this;
    // It has asked to join already: a second time, the server would close the connection.
    if (this.active && io._readyState === "open") return this;
    this.active = true;
    if (!io._reconnecting) io.open();
    if (io._readyState === "open") this._onOpen();
    return this;
  }

  open(): this {
    return this.connect();
  }

  disconnect(): this {
    const { connected } = this;
    if (connected) this._send({ type: PacketType.DISCONNECT });
    this._destroy();
    if (connected) this._onClose("io client disconnect");
    return this;
  }

  close(): this {
    return this.disconnect();
  }

  /** Sends an event. If the last argument is a function, it is called with the acknowledgement. */
  override emit<Event extends EventNames<Emit>>(event: Event, ...args: EventParams<Emit, Event>): this;
  override emit(event: string, ...args: unknown[]): this {
    if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
    const flags = this._flags;
    this._flags = {};
    if (!LITE) {
      if (this._queue!._takes(flags, [event, ...args])) return this;
    }
    const data = [event, ...args];
    const packet: Packet = { type: PacketType.EVENT, nsp: this.nsp, data };
    if (!LITE) packet.options = { compress: flags.compress !== false };
    if (typeof args[args.length - 1] === "function") {
      packet.id = this._nextId++;
      this._awaitAck(packet.id, flags.timeout ?? this._opts.ackTimeout, data.pop() as unknown as Ack);
    }
    const { engine } = this.io;
    const connected = this.connected && !engine._expired();
    const { volatile } = flags;
    // A WebSocket takes whatever it is given.
    if (connected && (LITE || !volatile || engine.transport.writable)) this._sendEvent(packet);
    else if (!volatile) this.sendBuffer.push(packet);
    return this;
  }

  /** Sends an event and returns a promise of what it is acknowledged with. */
  emitWithAck<Event extends EventNames<Emit>>(
    event: Event,
    ...args: WithoutAck<EventParams<Emit, Event>>
  ): Promise<AckValue<EventParams<Emit, Event>>> {
    return new Promise((resolve, reject) => {
      const ack: Ack = (error, value) => (error ? reject(error) : resolve(value));
      ack._withError = true;
      this.emit(event, ...([...args, ack] as any));
    });
  }

  /** Sends an event "message". */
  send(...args: any[]): this {
    return this.emit("message", ...(args as any));
  }

  /** Has the next event sent with or without compression; has no effect in browsers. */
  compress(compress: boolean): this {
    if (!LITE) this._flags.compress = compress;
    return this;
  }

  /** Has the next event dropped if it cannot be sent at once. */
  get volatile(): this {
    this._flags.volatile = true;
    return this;
  }

  /** Has the acknowledgement of the next event awaited for so many milliseconds; its callback gets an error first. */
  timeout(timeout: number): Socket<Listen, WithErrors<Emit>> {
    this._flags.timeout = timeout;
    return this as unknown as Socket<Listen, WithErrors<Emit>>;
  }

  /** Tells the listeners of this side. @internal */
  _emitLocally(event: string, ...args: unknown[]): void {
    super.emit(event, ...args);
  }

  /** @internal */
  _send(packet: Omit<Packet, "nsp">): void {
    this.io._send({ nsp: this.nsp, ...packet });
  }

  /** @internal */
  _sendEvent(packet: Packet): void {
    if (!LITE) this._tellAny("out", packet.data);
    this._send(packet);
  }

  /** @internal */
  _awaitAck(id: number, timeout: number | undefined, ack: Ack): void {
    const limited = timeout !== undefined;
    const expired = () => {
      this._acks.delete(id);
      this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id);
      ack.call(this, new Error("operation has timed out"));
    };
    const stopTimer = limited ? this.io._later(expired, timeout) : undefined;
    const settle: Ack = (...args) => {
      stopTimer?.();
      ack.apply(this, args);
    };
    settle._withError = limited || ack._withError;
    this._acks.set(id, settle);
  }

  /** Asks to join the namespace, as soon as there is a connection and it is known as whom. @internal */
  _onOpen(): void {
    const { auth } = this;
    const attempt = (this._attempt = {});
    // The connection may be another one, or nobody may want it any more, when that is known.
    const current = () => this._attempt === attempt;
    const join = (data?: Auth) => {
      if (!current()) return;
      this._attempt = undefined;
      const session = this._pid && { pid: this._pid, offset: this._offset };
      this._send({ type: PacketType.CONNECT, data: session ? { ...session, ...data } : data });
    };
    if (typeof auth !== "function") return join(auth);
    // Whoever returns nothing calls back.
    const asked = async () => {
      const data = await auth(join);
      if (data) join(data as Auth);
    };
    asked().catch((error) => current() && this._refused(error));
  }

  /** @internal */
  _onError(error: Error): void {
    if (!this.connected) this._emitLocally("connect_error", error);
  }

  /** @internal */
  _onPacket({ type, id, data }: Packet): void {
    switch (type) {
      case PacketType.CONNECT:
        if (data?.sid) this._onConnect(data.sid, data.pid);
        else this._emitLocally("connect_error", new Error(LITE ? "Socket.IO 2" : "the server speaks Socket.IO 2"));
        break;
      case PacketType.EVENT:
      case PacketType.BINARY_EVENT:
        this._onEvent(id === undefined ? data : [...data, this._acknowledge(id)]);
        break;
      case PacketType.ACK:
      case PacketType.BINARY_ACK: {
        const ack = this._acks.get(id!);
        this._acks.delete(id!);
        ack?.apply(this, ack._withError ? [null, ...data] : data);
        break;
      }
      case PacketType.DISCONNECT:
        this._destroy();
        this._onClose("io server disconnect");
        break;
      case PacketType.CONNECT_ERROR:
        this._refused(Object.assign(new Error(data?.message ?? data), { data: data?.data }));
    }
  }

  /** @internal */
  _refused(error: Error): void {
    this._destroy();
    this._emitLocally("connect_error", error);
  }

  /** @internal */
  _onEvent(args: unknown[]): void {
    if (!this.connected) {
      this.receiveBuffer.push(args);
      return;
    }
    if (!LITE) this._tellAny("in", args);
    this._emitLocally(args[0] as string, ...args.slice(1));
    const last = args[args.length - 1];
    if (this._pid && typeof last === "string") this._offset = last;
  }

  /** What a listener acknowledges an event with, once, to the connection it has come from. @internal */
  _acknowledge(id: number): Listener {
    let sent = false;
    const { engine } = this.io;
    return (...data) => {
      if (sent || this.io.engine !== engine) return;
      sent = true;
      this._send({ type: PacketType.ACK, id, data });
    };
  }

  /** @internal */
  _onConnect(id: string, pid?: string): void {
    this.id = id;
    this.recovered = !!pid && this._pid === pid;
    this._pid = pid;
    this.connected = true;
    for (const args of this.receiveBuffer.splice(0)) this._onEvent(args);
    for (const packet of this.sendBuffer.splice(0)) this._sendEvent(packet);
    if (!LITE) this._queue!._next(true);
    this._emitLocally("connect");
  }

  /** @internal */
  _onClose(reason: string, details?: DisconnectDetails | Error): void {
    this.connected = false;
    this._attempt = this.id = undefined;
    this._emitLocally("disconnect", reason, details);
    for (const [id, ack] of this._acks) {
      // What has not been sent yet will be, and may be acknowledged then.
      if (this.sendBuffer.some((packet) => packet.id === id)) continue;
      this._acks.delete(id);
      if (ack._withError) ack.call(this, new Error("socket has been disconnected"));
    }
  }

  /** Makes the socket inactive. @internal */
  _destroy(): void {
    this.active = false;
    this._attempt = undefined;
    this.io._release();
  }
}
