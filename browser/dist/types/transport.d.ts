import type { EngineOptions, Query } from "./options.js";
import { Emitter } from "./emitter.js";
/** What a transport is given: the options of the engine, and where the server is. */
export interface TransportOptions extends EngineOptions {
    query: Query;
}
/** The constructor of a transport. */
export interface TransportClass {
    new (options: TransportOptions): Transport;
    prototype: Transport;
}
/**
 * A way to the server. It emits `open`, `packet`, `drain` (what was sent is on its way and
 * more may follow), `error` and `close`; the last two once at most, and nothing after them.
 */
export declare abstract class Transport extends Emitter {
    readonly opts: TransportOptions;
    readonly query: Query;
    /** "polling", "websocket" or "webtransport". */
    abstract get name(): string;
    readyState: "opening" | "open" | "pausing" | "paused" | "closed";
    /** Whether packets may be sent now. */
    writable: boolean;
    constructor(opts: TransportOptions, query?: Query);
    close(): void;
}
