/** The lite build: WebSocket only. */
export { io, io as default, Manager, protocol, Socket } from "./io.js";
export type * from "./types.js";
