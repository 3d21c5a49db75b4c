/** The full client. */
export { io, io as connect, io as default, Manager, protocol, Socket, TransportError } from "./io.js";
export { Polling as Fetch, Polling as XHR, Polling as NodeXHR } from "./transport-polling.js";
export { WebSocketTransport as WebSocket, WebSocketTransport as NodeWebSocket } from "./transport-websocket.js";
export { WebTransportTransport as WebTransport } from "./transport-webtransport.js";
export type * from "./types.js";
