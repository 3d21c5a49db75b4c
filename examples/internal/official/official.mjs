// What the clients of the examples have in common: the official client, and how they say
// whether an example does what it is for.
//
//   play(async (url) => { …; return "what was found to be so"; });

import { createRequire } from "node:module";
import { equal } from "../../../interop/js/lib/expect.mjs";

export { equal };
export { acknowledgement, ask, collect, next, until, within } from "../../../interop/js/lib/wait.mjs";

const installed = createRequire(new URL("../../../interop/js/package.json", import.meta.url));

/** The official client's entry, version 4.8.4, which `make setup` installs. */
export const { io } = installed("client-4.8.4");

const sockets = new Set();

/**
 * An official client, which says that it is a page of that server, tries no more than once
 * and is disconnected in the end.
 */
export function client(url, options = {}) {
  const extraHeaders = { origin: new URL(url).origin, ...options.extraHeaders };
  const socket = io(url, { forceNew: true, reconnection: false, ...options, extraHeaders });
  sockets.add(socket);
  return socket;
}

/** Resolves with such a client when it is connected; fails with the error that refuses it. */
export async function connected(url, options) {
  const socket = client(url, options);
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
  return socket;
}

/**
 * Plays a story with the server whose URL is the first argument of the program, and ends
 * with 0 if it comes to its end, and with 1 and what was wrong if it fails.
 */
export async function play(story) {
  try {
    const url = process.argv[2];
    if (!url) throw new Error("usage: node client.mjs URL");
    console.log(`ok: ${await story(url)}`);
  } catch (error) {
    console.log(`not ok: ${error.message}`);
    process.exitCode = 1;
  }
  for (const socket of sockets) socket.disconnect();
}

/** Resolves with the error that refuses a client. */
export function refused(url, options) {
  const socket = client(url, options);
  return new Promise((resolve, reject) => {
    socket.once("connect_error", resolve);
    socket.once("connect", () => reject(new Error("expected to be refused, but was let in")));
  });
}
