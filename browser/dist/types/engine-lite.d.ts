/** The connection of the lite build: one WebSocket from the beginning to the end. */
import { Emitter } from "./emitter.js";
import type { EngineOptions } from "./options.js";
export declare class Engine extends Emitter {
    id?: string | null;
    readyState: "opening" | "open" | "closed";
    readonly transport: {
        name: string;
        writable: boolean;
    };
    /** The WebSocket itself. */
    ws: WebSocket;
    constructor(uri: string | undefined, opts: EngineOptions);
    write(data: string | ArrayBuffer): this;
    close(): this;
}
