// A server of Node's socket.io that offers what its counterpart in Go offers:
//
//	SUITE=                   interop/fixture
//	SUITE=socket.io-client   interop/official with the same SUITE
//	SUITE=engine.io-client   interop/official with the same SUITE
//
// It listens on 127.0.0.1 at PORT.

import { once } from "node:events";
import { engineClient } from "./node/engineclient.mjs";
import { fixture } from "./node/fixture.mjs";
import { socketClient } from "./node/socketclient.mjs";

const servers = { "": fixture, "socket.io-client": socketClient, "engine.io-client": engineClient };

const server = servers[process.env.SUITE ?? ""]();
server.listen(Number(process.env.PORT), "127.0.0.1");
await once(server, "listening");
console.log("listening");
