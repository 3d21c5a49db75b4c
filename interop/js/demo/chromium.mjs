// Chromium, by playwright-core, as the tests of the demo see browsers.

import { chromium } from "playwright-core";

const args = ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/** Starts Chromium. */
export async function startChromium() {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  return {
    name: "Chromium",
    takesPictures: true,
    close: () => browser.close(),

    /** Opens a page in a profile of its own; the functions `before` run in it before its scripts. */
    async open(url, { before = [], width = 1180, height = 760, language = "en", dark = false } = {}) {
      const context = await browser.newContext({ viewport: { width, height }, locale: language, colorScheme: dark ? "dark" : "light" });
      const page = await context.newPage();
      for (const f of before) await page.addInitScript(f);
      await page.goto(url);
      return new ChromiumPage(browser, context, page);
    },
  };
}

class ChromiumPage {
  #browser;
  #context;
  #page;

  constructor(browser, context, page) {
    this.#browser = browser;
    this.#context = context;
    this.#page = page;
  }

  /** Runs a function in the page, and resolves with what it returns. */
  run(f, argument) {
    return this.#page.evaluate(f, argument);
  }

  /** Types a text as keys. */
  type(text) {
    return this.#page.keyboard.type(text);
  }

  /** Presses one key, called as in `KeyboardEvent.key`; before it may stand "Shift+". */
  press(key) {
    return this.#page.keyboard.press(key);
  }

  /** Chooses a file for the input. */
  choose(selector, path) {
    return this.#page.setInputFiles(selector, path);
  }

  /** Resolves with the page as a PNG. */
  picture() {
    return this.#page.screenshot({ animations: "disabled" });
  }

  reload() {
    return this.#page.reload();
  }

  /** Resolves with the events of a trace of the browser, of these categories, while the function runs. */
  async trace(categories, f) {
    await this.#browser.startTracing(this.#page, { categories });
    await f();
    return JSON.parse((await this.#browser.stopTracing()).toString()).traceEvents;
  }

  close() {
    return this.#context.close();
  }
}
