/** The lite build: WebSocket only. */
export { io, io as connect, io as default, Manager, protocol, Socket, TransportError } from "./io.js";
export type * from "./types.js";
