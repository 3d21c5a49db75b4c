// The part "admin": interop/admin, a server with package admin, seen by the official client
// and by the official page @socket.io/admin-ui, in Chromium. What the client is to get in
// which order is asked of the official server as well, so that it is no invention.

import { chromium } from "playwright-core";
import { existsSync } from "node:fs";
import { serverCommand } from "../lib/build.mjs";
import { loadClient, versions } from "../lib/clients.mjs";
import { Context } from "../lib/context.mjs";
import { Mismatch } from "../lib/expect.mjs";
import { ServerProcess, freePort } from "../lib/process.mjs";
import { Report, runTests } from "../lib/runner.mjs";
import { protocolTests, ourTests } from "./protocol.mjs";
import { servePage } from "./files.mjs";
import { pageTests, productionTests } from "./page.mjs";
import { startReference } from "./reference.mjs";

const LIMIT_MS = 170_000;
const TEST_LIMIT_MS = 90_000; // several conditions of 20 s
const executablePath = "/usr/bin/chromium";

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runAdminPart(only) {
  const report = new Report("admin");
  if (!existsSync(executablePath)) throw new Mismatch(`expected ${executablePath}, which is not installed: run make setup`);
  const deadline = Date.now() + LIMIT_MS;
  const page = await servePage();
  const command = serverCommand(process.env.ADMIN, "./interop/admin");
  const development = await start(command, "development", page.origin);
  const production = await start(command, "production", page.origin);
  const reference = await startReference();
  const stopped = () => development.failure() ?? production.failure() ?? (Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined);
  const limits = { stopped, only, limitMs: TEST_LIMIT_MS };

  const client = await loadClient(versions.at(-1));
  const visitor = (base) => () => new Context({ target: { base }, client, mode: "websocket" });
  await runTests(report, "official server", protocolTests, { makeContext: visitor(reference.base), ...limits });
  await runTests(report, "protocol", protocolTests, { makeContext: visitor(development.base), ...limits });
  await runTests(report, "protocol", ourTests, { makeContext: visitor(development.base), ...limits });

  const browser = await chromium.launch({ executablePath, args: ["--headless", "--no-sandbox", "--disable-gpu"] });
  const seen = (server) => () => new PageContext(browser, page.origin, server.base, visitor(server.base)());
  await runTests(report, "page", pageTests, { makeContext: seen(development), ...limits });
  await runTests(report, "page", productionTests, { makeContext: seen(production), ...limits });

  await browser.close();
  page.close();
  reference.close();
  await Promise.all([development.stop(), production.stop()]);
  return report;
}

/** Starts a server with package admin that lets the page in. */
async function start(command, mode, origin) {
  const port = await freePort();
  const server = await ServerProcess.start(command, { env: { PORT: String(port), ORIGIN: origin, MODE: mode }, ready: "listening" });
  const failure = () => (server.endedHow === undefined ? undefined : `the server ended (${server.endedHow}): ${server.lastErrors}`);
  return { base: `http://127.0.0.1:${port}`, failure, stop: () => server.stop("SIGKILL") };
}

/** What a test with the page receives: a profile of its own, and clients of the server. */
class PageContext {
  #browser;
  #context;

  constructor(browser, origin, base, clients) {
    Object.assign(this, { origin, base, clients });
    this.#browser = browser;
  }

  /** Opens the page and fills in its form. */
  async open(password = "secret") {
    this.#context = await this.#browser.newContext({ locale: "en", viewport: { width: 1400, height: 900 } });
    this.#context.setDefaultTimeout(20_000);
    const page = await this.#context.newPage();
    await page.goto(this.origin);
    await page.getByLabel("Server URL").fill(this.base);
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Connect" }).click();
    return page;
  }

  async close() {
    await this.#context?.close();
    await this.clients.close();
  }
}
