// The clients under test, as they are loaded in Node, where no page is: a page has to be
// there in their place before, see page.mjs.

import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { WebSocket } from "./packages.mjs";

const from = createRequire(new URL("../../../interop/js/package.json", import.meta.url));
const official = new URL("../../../interop/js/node_modules/client-4.8.4/", import.meta.url);
const ours = process.env.DIST ? pathToFileURL(`${process.env.DIST}/`) : new URL("../../dist/", import.meta.url);

/** The directory of each client's bundles, which have the same names. */
export const bundles = { official: fileURLToPath(new URL("dist/", official)), ours: fileURLToPath(ours) };

/** Whether our bundles are there. */
export const isBuilt = () => existsSync(new URL("socket.io.esm.min.js", ours));

let copies;

/**
 * Loads one of our modules as it is served. Node takes a file for a module by the end of its
 * name, and its package is one of CommonJS, so a copy with another name is loaded.
 */
export function loadModule(client, name) {
  if (!copies) {
    copies = mkdtempSync(join(tmpdir(), "browser-check-"));
    process.on("exit", () => rmSync(copies, { recursive: true, force: true }));
  }
  const copy = join(copies, name.replace(/js$/, "mjs"));
  copyFileSync(join(bundles[client], name), copy);
  return import(pathToFileURL(copy));
}

/**
 * Loads a client: its exports, its name, and the place in the file system that its code
 * comes from.
 */
export async function loadClient(name) {
  globalThis.WebSocket ??= WebSocket; // Node 20 has none
  if (name === "official") {
    const exports = await import(pathToFileURL(from.resolve("client-4.8.4").replace("/cjs/", "/esm/")));
    return { ...exports, name, place: "/client-4.8.4/" };
  }
  const exports = await loadModule(name, "socket.io.esm.min.js");
  return { ...exports, name, place: copies };
}
