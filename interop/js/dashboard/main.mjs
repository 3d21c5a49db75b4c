// The part "dashboard": the dashboard of package admin, in Chromium, over the servers of
// interop/dashboard; in the end with 10,000 sockets.

import { startChromium } from "../demo/chromium.mjs";
import { repository, serverCommand } from "../lib/build.mjs";
import { Mismatch } from "../lib/expect.mjs";
import { takePicture } from "../lib/pictures.mjs";
import { ServerProcess, freePort } from "../lib/process.mjs";
import { Report, runTests } from "../lib/runner.mjs";
import { within } from "../lib/wait.mjs";
import { largeTests } from "./measure.mjs";
import { dashboardTests } from "./tests.mjs";
import { CHARTS, Visit } from "./visit.mjs";

const LIMIT_MS = 600_000;
const TEST_LIMIT_MS = 90_000; // several conditions of 30 s
const CONNECT_LIMIT_MS = 120_000; // of all sockets, on a busy machine

/** Servers with a dashboard; they can be stopped and started again, at the same address. */
class Servers {
  #command;
  #process;

  constructor(program, port, args) {
    this.url = `http://127.0.0.1:${port}`;
    this.#command = [...program, "-addr", `127.0.0.1:${port}`, ...args];
  }

  static async start(program, ...args) {
    const servers = new Servers(program, await freePort(), args);
    await servers.start();
    return servers;
  }

  /** Resolves when they serve and all sockets are connected. */
  async start() {
    this.#process = await ServerProcess.start(this.#command, { cwd: repository, ready: `server is running at ${this.url}` });
    const connected = this.#process.printed((lines) => lines.includes("all sockets are connected"));
    if (await within(connected, "all sockets to connect", CONNECT_LIMIT_MS)) return;
    throw new Mismatch(`expected all sockets to connect, but ${this.#command.join(" ")} ended: ${this.#process.lastErrors}`);
  }

  stop() {
    return this.#process.stop("SIGTERM");
  }

  /** What was printed. */
  get lines() {
    return this.#process.lines;
  }
}

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runDashboardPart(only) {
  const report = new Report("dashboard");
  const program = serverCommand(undefined, "./interop/dashboard");
  const servers = {
    free: await Servers.start(program),
    readOnly: await Servers.start(program, "-readonly"),
    hostile: await Servers.start(program, "-hostile"),
    frail: await Servers.start(program),
    fair: await Servers.start(program),
  };
  const browser = await startChromium();
  const deadline = Date.now() + LIMIT_MS;
  const stopped = () => (Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined);
  const makeContext = () => new Visit(browser, servers);
  try {
    const pictured = makeContext(); // from the beginning, so that its charts have something to show
    const overview = await pictured.enter(servers.fair, { height: 860 });
    const socket = await pictured.enter(servers.fair);
    await socket.openSocket("nsp=/chat");
    await runTests(report, "10 sockets", dashboardTests, { makeContext, stopped, only, limitMs: TEST_LIMIT_MS });
    await takePicture(overview.page, "dashboard-10", CHARTS);
    await takePicture(socket.page, "dashboard-socket", CHARTS);
    await pictured.close();
    for (const each of Object.values(servers)) await each.stop();
    servers.large = await Servers.start(program, "-sockets", "10000", "-polling", "100", "-say", "500");
    await runTests(report, "10,000 sockets", largeTests, { makeContext, stopped, only, limitMs: TEST_LIMIT_MS });
    await servers.large.stop();
  } finally {
    await browser.close();
  }
  return report;
}
