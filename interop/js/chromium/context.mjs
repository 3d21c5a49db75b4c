// What a test of the Chromium part receives: pages in a browser profile of
// their own, and the walk-through's server with what it prints.

import { equal, Mismatch } from "../lib/expect.mjs";
import { within } from "../lib/wait.mjs";

/** The walk-through's server; it can be stopped and started again. */
export class WalkthroughServer {
  #start;
  #process;

  /** `start()` resolves with a running ServerProcess. */
  constructor(start) {
    this.#start = start;
  }

  async start() {
    this.#process = await this.#start();
    this.mark();
  }

  /** Sends the signal and resolves with the exit status. */
  stop(signal) {
    return this.#process.stop(signal);
  }

  get endedHow() {
    return this.#process.endedHow;
  }

  get lastErrors() {
    return this.#process.lastErrors;
  }

  /** Forgets the lines printed so far. */
  mark() {
    this.#from = this.#process.lines.length;
  }

  #from = 0;

  /** The lines printed since the mark. */
  get lines() {
    return this.#process.lines.slice(this.#from);
  }

  /** Waits until the server has printed that many lines since the mark and checks them. */
  async prints(want) {
    const enough = this.#process.printed((lines) => lines.length - this.#from >= want.length);
    await within(enough, `${want.length} lines from the server after ${JSON.stringify(this.lines)}`);
    equal(this.lines, want, "lines of the server");
  }
}

export class BrowserContext {
  #browser;
  #contexts = [];

  constructor(browser, server) {
    this.#browser = browser;
    this.server = server;
    server.mark();
  }

  /**
   * Opens the page at this origin in a fresh profile; `prepare(page)` runs
   * before it loads. The returned page also has `consoleLines` and
   * `consoleErrors`, as they came.
   */
  async open(origin, prepare = async () => {}) {
    const context = await this.#browser.newContext();
    this.#contexts.push(context);
    const page = await context.newPage();
    page.consoleLines = [];
    page.consoleErrors = [];
    page.on("console", (message) => {
      if (message.type() === "log") page.consoleLines.push(message.text());
      if (message.type() === "error") page.consoleErrors.push(message.text());
    });
    await prepare(page);
    await page.goto(`${origin}/`);
    return page;
  }

  async close() {
    for (const context of this.#contexts) await context.close();
  }
}

/** The lines that the page shows. */
export const shownLines = (page) => page.locator("#lines li").allTextContents();

/** Waits until the page shows at least n lines and returns them. */
export async function linesOf(page, n) {
  try {
    await page.waitForFunction((count) => document.querySelectorAll("#lines li").length >= count, n, { timeout: 10_000 });
  } catch {
    throw new Mismatch(`expected ${n} lines on the page, got ${JSON.stringify(await shownLines(page))}`);
  }
  return shownLines(page);
}

/** Waits until the function, run in the page, returns true. */
export async function inPage(page, what, predicate) {
  try {
    await page.waitForFunction(predicate, undefined, { timeout: 10_000 });
  } catch {
    throw new Mismatch(`expected ${what} within 10 s`);
  }
}
