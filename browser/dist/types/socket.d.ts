import { CatchAll } from "./catchall.js";
import type { AckValue, DefaultEventsMap, EventNames, EventParams, EventsMap, WithErrors, WithoutAck } from "./emitter.js";
import type { DisconnectDetails, TransportError } from "./errors.js";
import type { Manager } from "./manager.js";
import type { SocketOptions } from "./options.js";
import { type Packet } from "./packet.js";
export type DisconnectReason = "io server disconnect" | "io client disconnect" | "ping timeout" | "transport close" | "transport error" | "parse error" | "forced close";
/** What a socket emits of its own accord. */
export interface SocketReservedEvents {
    connect: () => void;
    connect_error: (error: Error & Partial<TransportError> & {
        data?: any;
    }) => void;
    disconnect: (reason: DisconnectReason, details?: DisconnectDetails | Error) => void;
}
/** A namespace of a server. It outlives the connection: what is emitted meanwhile waits. */
export declare class Socket<Listen extends EventsMap = DefaultEventsMap, Emit extends EventsMap = Listen> extends CatchAll<Listen & SocketReservedEvents> {
    readonly io: Manager;
    readonly nsp: string;
    /** The id by which the server knows this socket, while it is connected. */
    id?: string;
    connected: boolean;
    /** Whether the server has given back the session of before, with what had been missed. */
    recovered: boolean;
    auth: SocketOptions["auth"];
    /** What has arrived before the namespace was joined. */
    receiveBuffer: unknown[][];
    /** What waits for a connection. */
    sendBuffer: Packet[];
    /** Whether the socket is connected or will be without being told. */
    active: boolean;
    constructor(io: Manager, nsp: string, 
    /** @internal */
    _opts?: SocketOptions);
    get disconnected(): boolean;
    connect(): this;
    open(): this;
    disconnect(): this;
    close(): this;
    /** Sends an event. If the last argument is a function, it is called with the acknowledgement. */
    emit<Event extends EventNames<Emit>>(event: Event, ...args: EventParams<Emit, Event>): this;
    /** Sends an event and returns a promise of what it is acknowledged with. */
    emitWithAck<Event extends EventNames<Emit>>(event: Event, ...args: WithoutAck<EventParams<Emit, Event>>): Promise<AckValue<EventParams<Emit, Event>>>;
    /** Sends an event "message". */
    send(...args: any[]): this;
    /** Has the next event sent with or without compression; has no effect in browsers. */
    compress(compress: boolean): this;
    /** Has the next event dropped if it cannot be sent at once. */
    get volatile(): this;
    /** Has the acknowledgement of the next event awaited for so many milliseconds; its callback gets an error first. */
    timeout(timeout: number): Socket<Listen, WithErrors<Emit>>;
}
