import { Transport } from "./transport.js";
/** A stream of WebTransport. As a stream has no messages, each packet has its length in front. */
export declare class WebTransportTransport extends Transport {
    get name(): string;
}
