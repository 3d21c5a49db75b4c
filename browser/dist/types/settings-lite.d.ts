/** The options of a manager of the lite build stay as they are given. */
import { Emitter, type EventsMap } from "./emitter.js";
import type { ManagerOptions } from "./options.js";
export declare abstract class Settings<Events extends EventsMap> extends Emitter<Events> {
    abstract readonly opts: ManagerOptions;
}
