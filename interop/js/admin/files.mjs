// Serves the files of the official page, as they are in its package.

import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../node_modules/@socket.io/admin-ui/ui/dist", import.meta.url));
const types = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".png": "image/png" };

/** Serves the page on a free port; `close()` ends it. */
export async function servePage() {
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://page");
    const file = root + (pathname === "/" ? "/index.html" : pathname);
    if (pathname.includes("..") || !existsSync(file)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" }).end(readFileSync(file));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { origin: `http://127.0.0.1:${server.address().port}`, close };
}
