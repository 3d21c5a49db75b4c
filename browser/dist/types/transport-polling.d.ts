import { Transport } from "./transport.js";
/**
 * HTTP long-polling: one GET after the other waits for packets, a POST carries what is
 * sent. The server allows one of each at a time.
 */
export declare class Polling extends Transport {
    get name(): string;
}
