// The builds that pages and bundlers load, by their names.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import vm from "node:vm";
import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { within } from "../../../interop/js/lib/wait.mjs";
import { beyond, webSocket } from "../lib/check.mjs";
import { bundles, loadModule } from "../lib/clients.mjs";
import { WebSocket } from "../lib/packages.mjs";

export const source = "bundles";

/** What a script finds in a page. */
const globals = () => ({
  WebSocket, URL, URLSearchParams, TextEncoder, TextDecoder, ArrayBuffer, Uint8Array, DataView, Blob, AbortController,
  fetch, queueMicrotask, console,
  setTimeout: globalThis.setTimeout, clearTimeout: globalThis.clearTimeout,
  addEventListener() {}, removeEventListener() {},
});

/** Runs a bundle as a script; returns what it has made global. */
function script({ client }, name) {
  const page = globals();
  page.self = page.window = page;
  const before = new Set(Object.keys(page));
  vm.runInContext(readFileSync(join(bundles[client.name], name), "utf8"), vm.createContext(page), { filename: name });
  return { page, made: Object.keys(page).filter((key) => !before.has(key)) };
}

/** Connects by WebSocket, and has text and bytes come back. */
async function answers(t, io, options) {
  const line = await t.line();
  const socket = io(line.url, { ...webSocket, ...options, forceNew: true, reconnection: false });
  t.defer(() => socket.disconnect());
  await within(new Promise((resolve, reject) => socket.on("connect", resolve).on("connect_error", reject)), "a connection");
  const back = within(new Promise((resolve) => socket.on("echo", (...args) => resolve(args))), "an event");
  socket.emit("echo", "text", new Uint8Array([1, 2, 3]));
  const [text, bytes] = await back;
  equal([text, bytes.byteLength], ["text", 3], "what came back");
}

async function isAScript(t, name) {
  const { page, made } = script(t, name);
  equal(made, ["io"], "the globals");
  await answers(t, page.io);
  for (const part of ["io", "connect", "Manager", "Socket"]) holds(typeof page.io[part] === "function", `io.${part}`, typeof page.io[part]);
}

export const checks = {
  "socket.io.js is a script with the global io": (t) => isAScript(t, "socket.io.js"),

  "socket.io.min.js is a script with the global io": (t) => isAScript(t, "socket.io.min.js"),

  // The official one's packages name no module in Node, and know no bytes of another realm.
  "socket.io.msgpack.min.js is a script that talks MessagePack": beyond(async (t) => {
    const { page, made } = script(t, "socket.io.msgpack.min.js");
    equal(made, ["io"], "the globals");
    await answers(t, page.io, { path: "/mp/" });
  }),

  "socket.io.esm.min.js is a module with named exports and a default": beyond(async (t) => {
    const module = await loadModule(t.client.name, "socket.io.esm.min.js");
    for (const name of ["io", "connect", "Manager", "Socket", "protocol", "default"]) holds(name in module, name, Object.keys(module).join());
    await answers(t, module.io);
  }),

  "socket.io.lite.esm.min.js is a module that connects by WebSocket": beyond(async (t) => {
    await answers(t, (await loadModule(t.client.name, "socket.io.lite.esm.min.js")).io);
  }),
};
