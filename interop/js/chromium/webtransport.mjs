// WebTransport: the page of examples/webtransport in Chromium, against its server.

import { join } from "node:path";
import { equal, holds } from "../lib/expect.mjs";
import { repository, serverCommand } from "../lib/build.mjs";
import { ServerProcess, freePort } from "../lib/process.mjs";
import { until } from "../lib/wait.mjs";
import { inPage } from "./context.mjs";

/** Starts the example; resolves with it and its page. */
export async function startExample() {
  const page = `127.0.0.1:${await freePort()}`;
  const args = ["-listen", page];
  const command = [...serverCommand(undefined, "./examples/webtransport"), ...args];
  const server = await ServerProcess.start(command, { cwd: repository, ready: `http://${page}` });
  return { server, page: `http://${page}` };
}

/** In the page: connects over WebTransport alone, and has text and binary data echoed, short and long. */
async function echoes() {
  const socket = window.connect(["webtransport"]);
  await new Promise((resolve, reject) => {
    socket.on("connect", resolve);
    socket.on("connect_error", reject);
  });
  const texts = ["κόσμε 😀", "x".repeat(70_000)];
  const sizes = [1, 125, 126, 65_535, 65_536, 300_000];
  const wrong = [];
  for (const text of texts) if ((await socket.emitWithAck("echo", text)) !== text) wrong.push(text.length);
  for (const size of sizes) {
    const sent = Uint8Array.from({ length: size }, (_, i) => i % 251);
    const got = new Uint8Array(await socket.emitWithAck("echo bytes", sent.buffer));
    if (got.length !== size || got.some((byte, i) => byte !== sent[i])) wrong.push(size);
  }
  const transport = socket.io.engine.transport.name;
  socket.disconnect();
  return { transport, wrong };
}

/** In the page: begins with polling, and emits from before the upgrade until after it. */
async function upgrades() {
  const socket = window.connect(["polling", "webtransport"]);
  const upgraded = new Promise((resolve) => socket.io.engine.on("upgrade", ({ name }) => resolve(name)));
  const answers = [];
  for (let i = 0; i < 200; i++) {
    socket.emit("echo", `${i}`, (answer) => answers.push(answer));
    if (i % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  }
  const transport = await upgraded;
  answers.push(await socket.emitWithAck("echo", "200"));
  socket.disconnect();
  return { transport, inOrder: answers.length === 201 && answers.every((answer, i) => answer === `${i}`) };
}

/** In the page: asks to be disconnected, and tells the reason. */
async function leaves() {
  const socket = window.connect(["webtransport"]);
  await new Promise((resolve) => socket.on("connect", resolve));
  const reason = new Promise((resolve) => socket.on("disconnect", resolve));
  socket.emit("leave");
  return reason;
}

const left = (server, reason) =>
  until(`the server to print that a client left: ${reason}`, () => server.lines.includes(`webtransport left: ${reason}`));

export const webTransportTests = ({ server, page }) => ({
  "4.8.4 over WebTransport alone echoes text and binary data": async (t) => {
    const opened = await t.open(page);
    await ready(opened);
    const before = server.lines.length;
    equal(await opened.evaluate(echoes), { transport: "webtransport", wrong: [] }, "transport, and what came back wrong");
    await until("the server to print that the client left", () => server.lines.length > before);
    // Whoever closes a WebTransport session abandons what its stream has not
    // delivered: the packet that says goodbye may or may not have come before.
    const goodbye = /^webtransport left: (client namespace disconnect|transport (close|error))$/;
    holds(goodbye.test(server.lines[before]), "the reason", server.lines[before]);
  },

  "4.8.4 begins with polling and goes on over WebTransport, in order": async (t) => {
    const opened = await t.open(page);
    await ready(opened);
    equal(await opened.evaluate(upgrades), { transport: "webtransport", inOrder: true }, "transport, and the order of the answers");
  },

  "4.8.4 learns over WebTransport that the server has disconnected it": async (t) => {
    const opened = await t.open(page);
    await ready(opened);
    equal(await opened.evaluate(leaves), "io server disconnect", "the reason");
    await left(server, "server namespace disconnect");
  },

  "our own client over WebTransport alone echoes text and binary data": async (t) => {
    const opened = await t.open(page, ourClient);
    await ready(opened);
    equal(await opened.evaluate(echoes), { transport: "webtransport", wrong: [] }, "transport, and what came back wrong");
  },

  "our own client begins with polling and goes on over WebTransport, in order": async (t) => {
    const opened = await t.open(page, ourClient);
    await ready(opened);
    equal(await opened.evaluate(upgrades), { transport: "webtransport", inOrder: true }, "transport, and the order of the answers");
  },

  "a page that is closed is noticed over WebTransport": async (t) => {
    const opened = await t.open(page);
    await inPage(opened, "the page to be over WebTransport", () => document.querySelector("#transport").textContent === "webtransport");
    equal(await opened.locator("#lines li").allTextContents(), ["hello"], "what the page shows");
    const before = server.lines.length;
    await opened.close();
    await until("the server to notice", () => server.lines.length > before);
    holds(/^webtransport left: transport (close|error)$/.test(server.lines[before]), "the end of the transport", server.lines[before]);
  },
});

/** Gives the page our own client in place of the official one. */
const ourClient = (opened) =>
  opened.route("**/socket.io.esm.min.js", (route) =>
    route.fulfill({ path: join(repository, "browser/dist/socket.io.esm.min.js"), contentType: "text/javascript" }),
  );

const ready = (opened) => inPage(opened, "the page to be ready", () => typeof window.connect === "function");
