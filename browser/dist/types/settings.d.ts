import { Emitter, type EventsMap } from "./emitter.js";
import type { ManagerOptions } from "./options.js";
/** The options of a manager that may be read and set while it is used. */
export declare abstract class Settings<Events extends EventsMap> extends Emitter<Events> {
    abstract readonly opts: ManagerOptions;
    reconnection(): boolean;
    reconnection(value: boolean): this;
    reconnectionAttempts(): number;
    reconnectionAttempts(value: number): this;
    reconnectionDelay(): number;
    reconnectionDelay(value: number): this;
    reconnectionDelayMax(): number;
    reconnectionDelayMax(value: number): this;
    randomizationFactor(): number;
    randomizationFactor(value: number): this;
    timeout(): number | false;
    timeout(value: number | false): this;
}
