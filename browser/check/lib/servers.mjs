// The servers under test: three programs of this repository, and three of Node's socket.io
// that offer the same.

import { fileURLToPath } from "node:url";
import { serverCommand } from "../../../interop/js/lib/build.mjs";
import { ServerProcess, freePort } from "../../../interop/js/lib/process.mjs";

const suites = { fixture: "", socket: "socket.io-client", engine: "engine.io-client" };
const nodeServer = ["node", fileURLToPath(new URL("../node-server.mjs", import.meta.url))];

/** The commands of both servers, by what they serve; those of Go are built. */
export function commands() {
  const official = serverCommand(undefined, "./interop/official");
  return {
    Go: { fixture: serverCommand(undefined, "./interop/fixture"), socket: official, engine: official },
    Node: { fixture: nodeServer, socket: nodeServer, engine: nodeServer },
  };
}

/** Starts a server's programs; resolves with its name, the URL of each, and `stop()`. */
export async function startServer(name, command) {
  const server = { name };
  const programs = Object.entries(suites).map(async ([what, SUITE]) => {
    const PORT = String(await freePort());
    const program = await ServerProcess.start(command[what], { env: { PORT, SUITE }, ready: "listening" });
    server[what] = `http://127.0.0.1:${PORT}`;
    return program;
  });
  const running = await Promise.all(programs);
  server.stop = () => Promise.all(running.map((program) => program.stop("SIGKILL")));
  return server;
}
