import { Manager } from "./manager.js";
import type { IoOptions } from "./options.js";
import type { Socket } from "./socket.js";
/**
 * Returns the socket of a namespace: of "https://host/chat", of "/chat" or, without a URI,
 * the main one of the host of this page. Those of one server share a connection.
 */
export declare function io(opts?: IoOptions): Socket;
export declare function io(uri?: string, opts?: IoOptions): Socket;
export { Manager };
export { protocol } from "./packet.js";
export { Socket } from "./socket.js";
export { TransportError } from "./errors.js";
