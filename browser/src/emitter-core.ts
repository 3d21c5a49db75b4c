/** A function that is told of an event. */
export type Listener = (...args: any[]) => void;

/** A map from event names to the types of their listeners. */
export interface EventsMap {
  [event: string]: any;
}

/** The map of those who declare no events: any name, any arguments. */
export interface DefaultEventsMap {
  [event: string]: (...args: any[]) => void;
}

export type EventNames<Map extends EventsMap> = keyof Map & string;

export type EventParams<Map extends EventsMap, Event extends EventNames<Map>> = Parameters<Map[Event]>;

/** The arguments of an event without its acknowledgement, if it has one. */
export type WithoutAck<Args> = Args extends [...infer Rest, infer Last] ? (Last extends Listener ? Rest : Args) : Args;

/** What an event is acknowledged with. */
export type AckValue<Args> = Args extends [...any[], infer Last]
  ? Last extends (...args: infer Values) => any
    ? FirstValue<Values>
    : any
  : any;

/** The first of some values, behind the error that may be in front. */
type FirstValue<Values extends unknown[]> = Values extends [infer First, infer Second, ...any[]]
  ? Error extends First
    ? Second
    : First
  : Values[0];

/** The same events, whose acknowledgements have an error in front. */
export type WithErrors<Map extends EventsMap> = {
  [Event in keyof Map]: Map[Event] extends (...args: infer Args) => infer Result
    ? (...args: WithError<Args>) => Result
    : Map[Event];
};

type WithError<Args extends unknown[]> = Args extends [...infer Rest, infer Last]
  ? Last extends (...args: infer Values) => infer Result
    ? [...Rest, (error: Error | null, ...values: Values) => Result]
    : Args
  : Args;

/** A listener of `once` carries the function that `off` knows it by. */
type Registered = Listener & { _fn?: Listener };

/**
 * Names and who listens to them. Lists of listeners are never changed, only replaced, so
 * that a listener may add and remove others while an event is being delivered.
 */
export class Emitter<Listen extends EventsMap = DefaultEventsMap> {
  /** A Map, as names of events come from the network and may be "constructor". @internal */
  _listeners = new Map<string, Registered[]>();

  on<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this {
    this._listeners.set(event, [...this.listeners(event), listener]);
    return this;
  }

  once<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this {
    const wrapper: Registered = (...args) => {
      this.off(event, wrapper as Listen[Event]);
      listener.apply(this, args);
    };
    wrapper._fn = listener;
    return this.on(event, wrapper as Listen[Event]);
  }

  /** Removes one listener, those of one event, or all of them. */
  off<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this {
    if (listener) {
      const all = this.listeners(event!) as Registered[];
      const index = all.findIndex((fn) => fn === listener || fn._fn === listener);
      this._listeners.set(event!, all.filter((_, i) => i !== index));
    } else if (event !== undefined) {
      this._listeners.delete(event);
    } else {
      this._listeners.clear();
    }
    return this;
  }

  emit(event: string, ...args: any[]): this {
    for (const listener of this.listeners(event as EventNames<Listen>)) {
      (listener as Listener).apply(this, args);
    }
    return this;
  }

  listeners<Event extends EventNames<Listen>>(event: Event): Listen[Event][] {
    return (this._listeners.get(event) || []) as Listen[Event][];
  }
}
