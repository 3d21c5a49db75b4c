/** What a connection may be made of. The lite build has transports-lite.ts in its place. */

import type { TransportClass } from "./transport.js";
import { Polling } from "./transport-polling.js";
import { WebSocketTransport } from "./transport-websocket.js";
import { WebTransportTransport } from "./transport-webtransport.js";

export { upgradeFrom } from "./upgrade.js";

/** The transports by their names, in the order in which they are tried. @internal */
export const supported: Record<string, TransportClass> = {
  polling: Polling,
  websocket: WebSocketTransport,
  webtransport: WebTransportTransport,
};
