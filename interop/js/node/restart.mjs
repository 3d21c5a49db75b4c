// A server that goes away and comes back on the same port: killed, and shut
// down in order. The fixture process is one of the test's own.

import { equal, holds, oneOf } from "../lib/expect.mjs";
import { request } from "../lib/http.mjs";
import { freePort } from "../lib/process.mjs";
import { where } from "../lib/runner.mjs";
import { ask, collect, next, settle, within } from "../lib/wait.mjs";

const EMITTED = 50;
const SHUTDOWN_LIMIT_MS = 2_000;

const canRestart = (t) => t.target.startFixture !== undefined;

/** Starts a fixture that ends with the test at the latest. */
async function startServer(t, port) {
  const server = await t.target.startFixture(port);
  t.defer(() => server.stop("SIGKILL"));
  return server;
}

/**
 * Connects a client, ends the server with `end`, has the client emit while
 * nobody listens, starts a new server and checks what arrives there.
 */
async function survives(t, end) {
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  const first = await startServer(t, port);
  const socket = await t.connect({ base, reconnection: true });
  const before = socket.id;
  const echoed = collect(socket, "echo");

  const gone = next(socket, "disconnect");
  await end(first, base);
  oneOf((await gone)[0], ["transport close", "transport error"], "the client's reason");
  for (let i = 0; i < EMITTED; i++) socket.emit("echo", i, i % 10 === 0 ? Buffer.from([i]) : "文");
  const answered = ask(socket, "describe", "asked while away");

  const back = next(socket, "connect");
  await startServer(t, port);
  await back;
  equal(await answered, ["asked while away"], "acknowledgement of what was asked while away");
  await settle(socket);
  holds(socket.id !== before, "a new id", socket.id);
  const want = Array.from({ length: EMITTED }, (_, i) => [i, i % 10 === 0 ? Buffer.from([i]) : "文"]);
  equal(echoed.items, want, "echoed events");
}

export const matrix = {
  "a client comes back when a killed server restarts, and what it emitted meanwhile arrives once, in order": where(canRestart, (t) =>
    survives(t, (server) => server.stop("SIGKILL"))),

  "a client comes back when a server was shut down and restarts, and what it emitted meanwhile arrives once, in order": where(canRestart, (t) =>
    survives(t, async (server, base) => {
      const answer = await request(base, "/_ctl/shutdown", { method: "POST" });
      equal([answer.status, answer.text], [200, "bye"], "answer to the shutdown");
      equal(await within(server.ended, "the end of the server process", SHUTDOWN_LIMIT_MS), 0, "exit status");
    })),
};
