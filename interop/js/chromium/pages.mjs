// The walk-through's page on other ports than examples/walkthrough serves it: the page
// and the client's ESM build from the installed npm package, nothing else.

import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";

const file = (path) => readFileSync(new URL(path, import.meta.url));

const files = {
  "/": { type: "text/html; charset=utf-8", body: file("../../../examples/walkthrough/index.html") },
  "/socket.io.esm.min.js": {
    type: "text/javascript; charset=utf-8",
    body: file("../node_modules/client-4.3.2/dist/socket.io.esm.min.js"),
  },
};

/** Serves the page on this port of 127.0.0.1; resolves with a function that ends the server. */
export async function servePage(port) {
  const server = http.createServer((request, response) => {
    const found = files[request.url];
    if (!found) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": found.type }).end(found.body);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return () => {
    server.close();
    server.closeAllConnections();
  };
}
