// Chromium, for what only a page has: started when the first check asks for it.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { bundles } from "./clients.mjs";
import { chromium } from "./packages.mjs";

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--host-resolver-rules=MAP *.test 127.0.0.1",
];

let launched;

const browser = () =>
  (launched ??= chromium.launch({ executablePath: "/usr/bin/chromium", args, ignoreDefaultArgs: ["--disable-back-forward-cache"] }));

/** Ends Chromium; who asks again gets another. */
export async function endBrowser() {
  const running = await launched;
  launched = undefined;
  await running?.close();
}

const html = (script) => `<!doctype html><meta charset="utf-8"><title>a page</title><link rel="icon" href="data:,">${script}`;

/** The client's bundle of that name, as a script. */
export const bundle = (client, name = "socket.io.min.js") => readFileSync(join(bundles[client], name), "utf8");

/**
 * Has the line serve a page at /page with the client in it, as the global io, and further
 * files by their paths; `headers` are those of the page.
 */
export function servePage(line, client, { headers = {}, files = {} } = {}) {
  const script = { status: 200, headers: { "content-type": "text/javascript; charset=utf-8" } };
  const served = {
    "/page": { status: 200, headers: { "content-type": "text/html; charset=utf-8", ...headers }, body: html('<script src="/client.js"></script>') },
    "/other": { status: 200, headers: { "content-type": "text/html" }, body: html("") },
    "/client.js": { ...script, body: bundle(client) },
    "/client.mjs": { ...script, body: bundle(client, "socket.io.esm.min.js") },
  };
  for (const [path, file] of Object.entries(files)) served[path] = { ...script, ...file };
  const { fault } = line;
  line.fault = (request) => served[request.path] ?? fault?.(request);
}

/**
 * Opens a page in a profile of its own. It has, besides what Playwright gives it, `errors`:
 * what was thrown, or rejected, and caught by nobody; and `close()` ends the profile.
 */
export async function visit(url, prepare = async () => {}) {
  const context = await (await browser()).newContext();
  const page = await context.newPage();
  page.errors = [];
  page.on("pageerror", (error) => page.errors.push(error.message));
  await prepare(page, context);
  await page.goto(url);
  return { page, context };
}
