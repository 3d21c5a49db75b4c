// The npm packages of the Node servers, which are those of interop/js.

import { createRequire } from "node:module";

const from = createRequire(new URL("../../../interop/js/package.json", import.meta.url));

export const { Server } = from("socket.io");
export const { Server: Engine } = createRequire(from.resolve("socket.io"))("engine.io");
export const msgpack = from("socket.io-msgpack-parser");
