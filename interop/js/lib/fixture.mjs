// The fixture server under test: built from this repository and started on a
// free port, or another implementation of the same contract.
//
//   (nothing set)            go build ./interop/fixture, started by the run
//   FIXTURE="node some.mjs"  that command in its place, started by the run
//   TARGET=http://host:port  a server that runs already; the tests that restart
//                            the server are left out

import { serverCommand } from "./build.mjs";
import { ServerProcess, freePort } from "./process.mjs";

/**
 * Provides the server under test as
 * - `base`: its URL,
 * - `ours`: whether it is this repository's, so that nothing is forgiven that
 *   the contract forgives others,
 * - `failure()`: why it can not be tested any more, undefined while it can,
 * - `startFixture(port)`: starts one more process; undefined with TARGET.
 */
export async function provideFixture() {
  if (process.env.TARGET) {
    const base = process.env.TARGET.replace(/\/$/, "");
    return { base, ours: false, failure: () => undefined, startFixture: undefined };
  }
  const ours = !process.env.FIXTURE;
  const command = serverCommand(process.env.FIXTURE, "./interop/fixture");
  const startFixture = (port) =>
    ServerProcess.start(command, { env: { HOST: "127.0.0.1", PORT: String(port) }, ready: "listening" });
  const port = await freePort();
  const server = await startFixture(port);
  const failure = () =>
    server.endedHow === undefined ? undefined : `the fixture ended (${server.endedHow}): ${server.lastErrors}`;
  return { base: `http://127.0.0.1:${port}`, ours, failure, startFixture };
}
