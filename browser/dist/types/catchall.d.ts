import { Emitter, type DefaultEventsMap, type EventsMap, type Listener } from "./emitter.js";
/** An emitter some listeners of which are told of all events, of either direction. */
export declare class CatchAll<Events extends EventsMap = DefaultEventsMap> extends Emitter<Events> {
    /** Adds a listener to all events of the server. */
    onAny(listener: Listener): this;
    prependAny(listener: Listener): this;
    /** Removes such a listener, or all of them. */
    offAny(listener?: Listener): this;
    listenersAny(): Listener[];
    /** Adds a listener to all events that are sent. */
    onAnyOutgoing(listener: Listener): this;
    prependAnyOutgoing(listener: Listener): this;
    offAnyOutgoing(listener?: Listener): this;
    listenersAnyOutgoing(): Listener[];
}
