import { Transport } from "./transport.js";
/** A WebSocket: one packet, one message. */
export declare class WebSocketTransport extends Transport {
    get name(): string;
    /** The WebSocket itself. */
    ws?: WebSocket;
}
