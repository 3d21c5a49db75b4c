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
/**
 * Names and who listens to them. Lists of listeners are never changed, only replaced, so
 * that a listener may add and remove others while an event is being delivered.
 */
export declare class Emitter<Listen extends EventsMap = DefaultEventsMap> {
    on<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this;
    once<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this;
    /** Removes one listener, those of one event, or all of them. */
    off<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this;
    emit(event: string, ...args: any[]): this;
    listeners<Event extends EventNames<Listen>>(event: Event): Listen[Event][];
}
