import { Emitter as Core, type DefaultEventsMap, type EventNames, type EventsMap, type Listener } from "./emitter-core.js";

export type * from "./emitter-core.js";

/** An emitter under all the names that its methods go by. */
export class Emitter<Listen extends EventsMap = DefaultEventsMap> extends Core<Listen> {
  /** Adds a listener in front of the others. @internal */
  _prepend(event: string, listener: Listener): void {
    this._listeners.set(event, [listener, ...this.listeners(event as EventNames<Listen>)]);
  }

  hasListeners(event: EventNames<Listen>): boolean {
    return this.listeners(event).length > 0;
  }

  addEventListener<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this {
    return this.on(event, listener);
  }

  removeListener<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this {
    return this.off(event, listener);
  }

  removeEventListener<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this {
    return this.off(event, listener);
  }

  removeAllListeners<Event extends EventNames<Listen>>(event?: Event): this {
    return this.off(event);
  }
}
