// The npm packages that the checks themselves use, which are those of interop/js.

import { createRequire } from "node:module";

const from = createRequire(new URL("../../../interop/js/package.json", import.meta.url));

export const { WebSocket, WebSocketServer } = from("ws");
export const msgpack = from("socket.io-msgpack-parser");
export const { chromium } = from("playwright-core");
