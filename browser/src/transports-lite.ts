/** What a connection of the lite build is made of: WebSocket, and no upgrade to it. */

import type { TransportClass } from "./transport.js";
import type { upgradeFrom as upgrade } from "./upgrade.js";
import { WebSocketTransport } from "./transport-websocket.js";

/** @internal */
export const supported: Record<string, TransportClass> = { websocket: WebSocketTransport };

/** @internal */
export const upgradeFrom = undefined as typeof upgrade | undefined;
