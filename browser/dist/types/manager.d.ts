import { Engine } from "./engine.js";
import type { DisconnectDetails } from "./errors.js";
import type { ManagerOptions, SocketOptions } from "./options.js";
import type { Packet, PacketDecoder, PacketEncoder } from "./packet.js";
import { Settings } from "./settings.js";
import { Socket } from "./socket.js";
export interface ManagerEvents {
    open: () => void;
    error: (error: Error) => void;
    ping: () => void;
    packet: (packet: Packet) => void;
    close: (reason: string, details?: DisconnectDetails | Error) => void;
    reconnect_attempt: (attempt: number) => void;
    reconnect: (attempt: number) => void;
    reconnect_error: (error: Error) => void;
    reconnect_failed: () => void;
}
/** A server: the connection to it, which its namespaces share, and the attempts to make one. */
export declare class Manager extends Settings<ManagerEvents> {
    /** The connection; a new one for each attempt. */
    engine: Engine;
    /** The sockets of this connection, by the names of their namespaces. */
    readonly nsps: {
        [namespace: string]: Socket;
    };
    readonly encoder: PacketEncoder;
    readonly decoder: PacketDecoder;
    readonly opts: ManagerOptions & SocketOptions;
    readonly uri?: string;
    constructor(opts?: ManagerOptions & SocketOptions);
    constructor(uri?: string, opts?: ManagerOptions & SocketOptions);
    /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
    open(callback?: (error?: Error) => void): this;
    connect(callback?: (error?: Error) => void): this;
    /** The socket of a namespace; the same one each time. */
    socket(nsp: string, opts?: SocketOptions): Socket;
    /** Closes the connection, and does not come back. */
    disconnect(): void;
}
