// The same application with the official client and with ours: what it notes in either, and
// in what they differ.

import { readFileSync } from "node:fs";
import { endBrowser, servePage, visit } from "./browser.mjs";
import { Line } from "./line.mjs";

const LIMIT_MS = 120_000;
const ways = { polling: "polling", WebSocket: "websocket", "an upgrade": "polling,websocket" };
const file = (name) => readFileSync(new URL(`../app/${name}`, import.meta.url), "utf8");
const html = { "content-type": "text/html; charset=utf-8" };

/** Runs the application with that client; resolves with what it notes, a line each, and its page at the end. */
async function run(client, server, transports) {
  const line = await Line.to(server.fixture);
  servePage(line, client, { files: { "/": { headers: html, body: file("index.html") }, "/app.js": { body: file("app.js") } } });
  const { page, context } = await visit(`${line.url}/?transports=${transports}`, (page) => page.exposeFunction("cut", () => line.cut()));
  try {
    await page.waitForFunction(() => window.finished, undefined, { timeout: LIMIT_MS });
  } catch {
    page.errors.push(`it did not come to its end; last it noted ${JSON.stringify(await page.evaluate(() => window.noted.main.at(-1)))}`);
  }
  const lists = Object.entries(await page.evaluate(() => window.noted));
  const noted = lists.flatMap(([name, list]) => list.map((what) => `${name}: ${JSON.stringify(what)}`)).concat(
    `messages: ${JSON.stringify(await page.locator("#messages li").allTextContents())}`,
    `state: ${await page.locator("#state").textContent()}`,
  );
  await context.close();
  await line.close();
  return { noted, failed: page.errors.map((error) => `${client}: ${error}`) };
}

/** Runs it with both, over those transports; resolves with how many lines it notes, those that differ, and what failed. */
async function compareOver(transports, server) {
  const [official, ours] = [await run("official", server, transports), await run("ours", server, transports)];
  const differences = [];
  for (let i = 0; i < Math.max(official.noted.length, ours.noted.length); i++) {
    if (official.noted[i] !== ours.noted[i]) differences.push({ line: i + 1, official: official.noted[i], ours: ours.noted[i] });
  }
  return { lines: official.noted.length, differences, failed: [...official.failed, ...ours.failed] };
}

/** Compares both over polling, WebSocket and an upgrade; resolves with a list of what each came to, its way named. */
export async function compare(server) {
  const results = [];
  for (const [way, transports] of Object.entries(ways)) results.push({ way, ...(await compareOver(transports, server)) });
  await endBrowser();
  return results;
}
