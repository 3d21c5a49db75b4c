// The part "demo": the chat that `sio serve` shows, in Chromium and in Firefox. The
// server is cmd/sio of this repository, or with SIO="node some.mjs" what this command
// starts when it is given the same arguments.

import { existsSync } from "node:fs";
import { repository, serverCommand } from "../lib/build.mjs";
import { Mismatch } from "../lib/expect.mjs";
import { ServerProcess, freePort } from "../lib/process.mjs";
import { Report, runTests } from "../lib/runner.mjs";
import { startChromium } from "./chromium.mjs";
import { startFirefox } from "./firefox.mjs";
import { Visit } from "./visit.mjs";
import { takePictures } from "./pictures.mjs";
import { demoTests } from "./tests.mjs";

const LIMIT_MS = 600_000;
const TEST_LIMIT_MS = 90_000; // several conditions of 20 s
const programs = ["/usr/bin/chromium", "/usr/bin/firefox-esr"];

/** The server of the chat; it can be stopped and started again, at the same address. */
class ChatServer {
  #command;
  #process;

  constructor(program, port) {
    this.url = `http://127.0.0.1:${port}`;
    this.#command = [...program, "serve", "--addr", `127.0.0.1:${port}`, "--drain", "0s"];
  }

  async start() {
    this.#process = await ServerProcess.start(this.#command, { cwd: repository, ready: `server is running at ${this.url}` });
  }

  stop() {
    return this.#process.stop("SIGTERM");
  }

  /** Why it does not run any more; undefined while it does. */
  get trouble() {
    const { endedHow, lastErrors } = this.#process;
    return endedHow === undefined ? undefined : `the server ended (${endedHow}): ${lastErrors}`;
  }
}

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runDemoPart(only) {
  const report = new Report("demo");
  for (const program of programs) {
    if (!existsSync(program)) throw new Mismatch(`expected ${program}, which is not installed: run make setup`);
  }
  const server = new ChatServer(serverCommand(process.env.SIO, "./cmd/sio"), await freePort());
  await server.start();
  const deadline = Date.now() + LIMIT_MS;
  const stopped = () => server.trouble ?? (Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined);
  for (const start of [startChromium, startFirefox]) {
    const browser = await start();
    try {
      const makeContext = () => new Visit(browser, server);
      await runTests(report, browser.name, demoTests, { makeContext, stopped, only, limitMs: TEST_LIMIT_MS });
      if (!only && browser.takesPictures) await takePictures(browser, server);
    } finally {
      await browser.close();
    }
  }
  await server.stop();
  return report;
}
