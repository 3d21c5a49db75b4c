// For examples whose page is what has to be seen: Chromium, without a window.

import { createRequire } from "node:module";

const installed = createRequire(new URL("../../../interop/js/package.json", import.meta.url));
const { chromium } = installed("playwright-core");

const args = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/**
 * Calls the story with a function that opens a page, each in a profile of its own, and
 * returns what the story does. An error within a page is one of the story.
 */
export async function inChromium(story) {
  const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args });
  const errors = [];
  try {
    const told = await story(async (url, options) => {
      const page = await (await browser.newContext(options)).newPage();
      page.setDefaultTimeout(30_000);
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(url);
      return page;
    });
    if (errors.length > 0) throw new Error(`in a page: ${errors.join("; ")}`);
    return told;
  } catch (error) {
    throw errors.length > 0 ? new Error(`${error.message}; in a page: ${errors.join("; ")}`) : error;
  } finally {
    await browser.close();
  }
}
