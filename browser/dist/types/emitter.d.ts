import { Emitter as Core, type DefaultEventsMap, type EventNames, type EventsMap } from "./emitter-core.js";
export type * from "./emitter-core.js";
/** An emitter under all the names that its methods go by. */
export declare class Emitter<Listen extends EventsMap = DefaultEventsMap> extends Core<Listen> {
    hasListeners(event: EventNames<Listen>): boolean;
    addEventListener<Event extends EventNames<Listen>>(event: Event, listener: Listen[Event]): this;
    removeListener<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this;
    removeEventListener<Event extends EventNames<Listen>>(event?: Event, listener?: Listen[Event]): this;
    removeAllListeners<Event extends EventNames<Listen>>(event?: Event): this;
}
