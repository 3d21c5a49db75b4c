/** In the lite build nobody is told of all events. */
import { Emitter, type EventsMap } from "./emitter.js";
export declare class CatchAll<Events extends EventsMap> extends Emitter<Events> {
}
