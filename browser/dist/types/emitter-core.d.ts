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
export type AckValue<Args> = Args extends [...any[], infer Last] ? Last extends (...args: infer Values) => any ? FirstValue<Values> : any : any;
/** The first of some values, behind the error that may be in front. */
type FirstValue<Values extends unknown[]> = Values extends [infer First, infer Second, ...any[]] ? Error extends First ? Second : First : Values[0];
/** The same events, whose acknowledgements have an error in front. */
export type WithErrors<Map extends EventsMap> = {
    [Event in keyof Map]: Map[Event] extends (...args: infer Args) => infer Result ? (...args: WithError<Args>) => Result : Map[Event];
};
type WithError<Args extends unknown[]> = Args extends [...infer Rest, infer Last] ? Last extends (...args: infer Values) => infer Result ? [...Rest, (error: Error | null, ...values: Values) => Result] : Args : Args;
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
export {};
