// The Chromium part: the walk-through's page on port 5500 against its server on
// port 3000, which are both examples/walkthrough of this repository, or with
// WALKTHROUGH="node some.mjs" the server is what this command starts.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { repository, serverCommand } from "../lib/build.mjs";
import { Mismatch } from "../lib/expect.mjs";
import { provideFixture } from "../lib/fixture.mjs";
import { ServerProcess, freePort, isBusy } from "../lib/process.mjs";
import { Report, runTests } from "../lib/runner.mjs";
import { until } from "../lib/wait.mjs";
import { BrowserContext, WalkthroughServer } from "./context.mjs";
import { servePage } from "./pages.mjs";
import { deflateTests } from "./deflate.mjs";
import { page, server, walkthroughTests } from "./walkthrough.mjs";
import { startExample, webTransportTests } from "./webtransport.mjs";

const LIMIT_MS = 60_000;
const PORT_LIMIT_MS = 10_000;
const executablePath = "/usr/bin/chromium";
const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runChromiumPart(only) {
  const report = new Report("chromium");
  await mustBePossible();
  const command = serverCommand(process.env.WALKTHROUGH, "./examples/walkthrough");
  const walkthrough = new WalkthroughServer(() => ServerProcess.start(command, { cwd: repository, ready: `server is running at ${server}` }));
  await walkthrough.start();
  const foreignPort = await freePort();
  const endPages = [await servePage(foreignPort)];
  if (process.env.WALKTHROUGH) endPages.push(await servePage(new URL(page).port));
  const browser = await chromium.launch({ executablePath, args });

  const deadline = Date.now() + LIMIT_MS;
  const stopped = () => {
    if (walkthrough.endedHow !== undefined) return `the server ended (${walkthrough.endedHow}): ${walkthrough.lastErrors}`;
    return Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined;
  };
  const makeContext = () => new BrowserContext(browser, walkthrough);
  const tests = walkthroughTests(`http://127.0.0.1:${foreignPort}`);
  await runTests(report, "4.3.2 page", tests, { makeContext, stopped, only });

  const compression = deflateTests(await provideFixture(), `http://127.0.0.1:${foreignPort}`);
  await runTests(report, "compression", compression, { makeContext, stopped, only });

  const example = await startExample();
  await runTests(report, "WebTransport", webTransportTests(example), { makeContext, stopped, only });
  await example.server.stop("SIGTERM");

  await browser.close();
  endPages.forEach((end) => end());
  await walkthrough.stop("SIGTERM");
  return report;
}

async function mustBePossible() {
  if (!existsSync(executablePath)) {
    throw new Mismatch(`expected ${executablePath}, which is not installed: install the packages of interop/js/apt.txt`);
  }
  for (const { port } of [new URL(page), new URL(server)]) {
    const free = async () => !(await isBusy(port));
    await until(`port ${port} of 127.0.0.1 to be free, on which another process listens,`, free, PORT_LIMIT_MS);
  }
}
