import { Emitter, type DefaultEventsMap, type EventsMap, type Listener } from "./emitter.js";

/** An emitter some listeners of which are told of all events, of either direction. */
export class CatchAll<Events extends EventsMap = DefaultEventsMap> extends Emitter<Events> {
  /** Who is told of every event, which is called "in" or "out" here. @internal */
  _any = new Emitter();

  /** Adds a listener to all events of the server. */
  onAny(listener: Listener): this {
    this._any.on("in", listener);
    return this;
  }

  prependAny(listener: Listener): this {
    this._any._prepend("in", listener);
    return this;
  }

  /** Removes such a listener, or all of them. */
  offAny(listener?: Listener): this {
    this._any.off("in", listener);
    return this;
  }

  listenersAny(): Listener[] {
    return this._any.listeners("in");
  }

  /** Adds a listener to all events that are sent. */
  onAnyOutgoing(listener: Listener): this {
    this._any.on("out", listener);
    return this;
  }

  prependAnyOutgoing(listener: Listener): this {
    this._any._prepend("out", listener);
    return this;
  }

  offAnyOutgoing(listener?: Listener): this {
    this._any.off("out", listener);
    return this;
  }

  listenersAnyOutgoing(): Listener[] {
    return this._any.listeners("out");
  }

  /** @internal */
  _tellAny(direction: "in" | "out", args: unknown[]): void {
    for (const listener of this._any.listeners(direction)) listener.apply(this, args);
  }
}
