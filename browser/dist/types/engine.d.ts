import { Emitter } from "./emitter.js";
import { type EnginePacket, type RawData } from "./engine-packet.js";
import type { EngineOptions } from "./options.js";
import type { Transport } from "./transport.js";
/**
 * A connection of Engine.IO: one session with the server, over one transport after the
 * other. It is not used again after it has been closed.
 */
export declare class Engine extends Emitter {
    /** The id of the session, which is the server's and the client's secret. */
    id?: string | null;
    transport: Transport;
    readyState: "opening" | "open" | "closing" | "closed";
    /** What is not known to be on its way yet. */
    writeBuffer: EnginePacket[];
    readonly opts: EngineOptions;
    readonly hostname: string;
    readonly secure: boolean;
    readonly port: string;
    readonly binaryType = "arraybuffer";
    /** The names of the transports that may be used; the first is the one to begin with. */
    transports: string[];
    /** Whether the session is moving to another transport; nothing is sent meanwhile. */
    upgrading: boolean;
    constructor(uri: string | undefined, opts: EngineOptions);
    send(data: RawData, options?: EnginePacket["options"], callback?: () => void): this;
    write(data: RawData, options?: EnginePacket["options"], callback?: () => void): this;
    /** Closes the connection when all that waits has been sent. */
    close(): this;
}
