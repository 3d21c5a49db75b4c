import { Manager } from "./manager.js";
import type { IoOptions } from "./options.js";
import { protocol } from "./packet.js";
import { Socket } from "./socket.js";
/** The function, which carries itself under other names, and the classes. */
export declare const io: Io;
export interface Io {
    (opts?: IoOptions): Socket;
    (uri?: string, opts?: IoOptions): Socket;
    io: Io;
    connect: Io;
    default: Io;
    Manager: typeof Manager;
    Socket: typeof Socket;
    protocol: number;
}
export { Manager };
export { protocol, Socket };
export { TransportError } from "./errors.js";
