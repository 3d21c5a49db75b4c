import type { Ack, Flags, Socket } from "./socket.js";

interface Queued {
  _args: unknown[];
  _flags: Flags;
  _tries: number;
  _pending: boolean;
}

/** The events of a socket that are sent one after the other, each until it is acknowledged. @internal */
export class RetryQueue {
  _queue: Queued[] = [];

  constructor(
    readonly _socket: Socket,
    readonly _retries = 0,
  ) {}

  /** Takes an event, unless it is one of its own or is not to be sent again. */
  _takes(flags: Flags, args: unknown[]): boolean {
    if (!this._retries || flags._queued || flags.volatile) return false;
    const last = args[args.length - 1];
    const ack = typeof last === "function" ? (args.pop() as Ack) : undefined;
    const queued: Queued = { _args: args, _flags: { ...flags, _queued: true }, _tries: 0, _pending: false };
    const answered: Ack = (error, ...response) => {
      // It has been answered already, as it has been sent more than once.
      if (queued !== this._queue[0]) return;
      queued._pending = false;
      if (!error || queued._tries > this._retries) {
        this._queue.shift();
        ack?.(error, ...response);
      }
      this._next();
    };
    answered._withError = true;
    args.push(answered);
    this._queue.push(queued);
    this._next();
    return true;
  }

  /** Sends the first one, again only if forced, as after a reconnection. */
  _next(force?: boolean): void {
    const [first] = this._queue;
    if (!first || !this._socket.connected || (first._pending && !force)) return;
    first._pending = true;
    first._tries++;
    this._socket._flags = first._flags;
    this._socket.emit(...(first._args as [string]));
  }
}
