// The Node part: every client version, in every way of connecting, against the
// fixture server; then what needs plain HTTP only.

import { loadClient, modes, versions } from "../lib/clients.mjs";
import { Context } from "../lib/context.mjs";
import { provideFixture } from "../lib/fixture.mjs";
import { Report, runTests } from "../lib/runner.mjs";

const LIMIT_MS = 170_000;

const subjects = [
  "events",
  "binary",
  "acks",
  "rooms",
  "sockets",
  "namespaces",
  "middleware",
  "volatile",
  "catchall",
  "disconnects",
  "large",
  "msgpack",
  "order",
  "handshake",
  "cookies",
  "cors",
  "guard",
  "transports",
  "deflate",
  "heartbeat",
  "engine",
  "errors",
  "recovery",
  "restart",
];

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runNodePart(only) {
  const report = new Report("js");
  const target = await provideFixture();
  const deadline = Date.now() + LIMIT_MS;
  const stopped = () => target.failure() ?? (Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined);
  if (target.startFixture === undefined) console.log("  TARGET is not ours to restart: the restart tests are left out");
  const modules = await Promise.all(subjects.map((subject) => import(`./${subject}.mjs`)));

  for (const version of versions) {
    const client = await loadClient(version);
    for (const mode of Object.keys(modes)) {
      await timed(report, `${version} ${mode}`, async (label) => {
        const makeContext = () => new Context({ target, client, mode });
        for (const { matrix = {} } of modules) await runTests(report, label, matrix, { makeContext, stopped, only });
      });
    }
  }
  const newest = await loadClient(versions.at(-1));
  await timed(report, "http", async (label) => {
    const makeContext = () => new Context({ target, client: newest, mode: "polling" });
    for (const { once = {} } of modules) await runTests(report, label, once, { makeContext, stopped, only });
  });
  return report;
}

/** Runs one share of the part and prints what it came to, so that a long run shows its progress. */
async function timed(report, label, run) {
  const { passed, failed } = report;
  const began = Date.now();
  await run(label);
  const seconds = ((Date.now() - began) / 1000).toFixed(1);
  console.log(`  ${label}: ${report.passed - passed} passed, ${report.failed - failed} failed (${seconds} s)`);
}
