// The part for the JavaScript client of version 2, which speaks Engine.IO 3: what is
// different with it, in every way of connecting, against the fixture's server under /eio3/.

import { loadClient, modes } from "./lib/clients.mjs";
import { Context } from "./lib/context.mjs";
import { equal } from "./lib/expect.mjs";
import { provideFixture } from "./lib/fixture.mjs";
import { Report, runTests } from "./lib/runner.mjs";
import { acknowledgement, ask, collect, next } from "./lib/wait.mjs";

const LIMIT_MS = 60_000;

/** The ways of connecting; `options` is what sockets are told beside the transports of the mode. */
const ways = [
  { label: "polling", mode: "polling" },
  { label: "polling in base64", mode: "polling", options: { forceBase64: true } },
  { label: "websocket", mode: "websocket" },
  { label: "websocket in base64", mode: "websocket", options: { forceBase64: true } },
  { label: "upgrade", mode: "upgrade" },
];

const words = ["ünïcödé, 你好, 🎈\u2028", "", 42, -1.5, null, [1, ["two"]], { deep: { er: [true, {}] } }];

const tests = {
  async "ids and transports"(t) {
    const socket = await t.connect();
    const me = await ask(socket, "whoami");
    equal(me.id, socket.id, "the socket's id");
    equal(me.engineId, socket.io.engine.id, "the connection's id");
    equal(me.transport, modes[t.mode].at(-1), "the transport");
  },

  async "text there and back"(t) {
    const socket = await t.connect();
    const echo = next(socket, "echo");
    socket.emit("echo", ...words);
    equal(await echo, words, "the event");
    equal(await acknowledgement(socket, "echo", ...words), words, "the acknowledgement");
  },

  async "nested binary"(t) {
    const socket = await t.connect();
    const sent = { list: [Buffer.from([1, 2, 3]), "x", { deep: Buffer.from([0xff, 0, 0xfe]) }] };
    equal(await ask(socket, "describe", sent), [{ list: [{ bin: "010203" }, "x", { deep: { bin: "ff00fe" } }] }], "what the server saw");
    equal(await ask(socket, "echo", sent), sent, "the acknowledgement");
  },

  async "the client acknowledges"(t) {
    const socket = await t.connect();
    socket.on("question", (a, b, acknowledge) => acknowledge(b, { a }));
    equal(await ask(socket, "ask", "question", [1, "two"], 5000), { ok: true, value: ["two", { a: 1 }] }, "the client's answer");
  },

  async "a namespace with a query"(t) {
    const socket = await t.connect({ nsp: "/plain", query: { token: "a, b" } });
    const me = await ask(socket, "whoami");
    equal([me.id, me.nsp], [socket.id, "/plain"], "id and namespace");
    const { auth } = await ask(socket, "handshake");
    equal(auth.token, "a, b", "the query of the namespace");
  },

  async "an unknown namespace"(t) {
    const socket = t.open({ nsp: "/nobody" });
    const refused = next(socket, "error");
    socket.connect();
    equal(await refused, [{ message: "Invalid namespace" }], "the refusal");
  },

  async "200 events in order"(t) {
    const socket = await t.connect();
    const ticks = collect(socket, "tick");
    socket.emit("burst", 200);
    const got = await ticks.count(200);
    equal(got.map(([i]) => i), Array.from({ length: 200 }, (_, i) => i), "the numbers");
  },

  async "the heartbeat is the client's"(t) {
    const socket = await t.connect();
    await next(socket, "pong");
    await next(socket, "pong");
    equal(socket.connected, true, "connected");
  },

  async "the server disconnects"(t) {
    const socket = await t.connect();
    const reason = next(socket, "disconnect");
    socket.emit("disconnect-me", false);
    equal(await reason, ["io server disconnect"], "the reason");
  },

  async "the client comes back"(t) {
    const socket = await t.connect({ reconnection: true });
    const before = socket.id;
    const gone = next(socket, "disconnect");
    socket.emit("disconnect-me", true);
    await gone;
    await t.connected(socket);
    equal([socket.id.length, socket.id !== before], [20, true], "the length of the new id, and whether it is new");
  },
};

/** Runs the part and returns its report. `only` keeps the tests whose title holds that text. */
export async function runVersion2Part(only) {
  const report = new Report("v2");
  const target = await provideFixture();
  const client = await loadClient("2.5.0");
  const deadline = Date.now() + LIMIT_MS;
  const stopped = () => target.failure() ?? (Date.now() > deadline ? `the ${LIMIT_MS / 1000} s of this part are over` : undefined);
  for (const { label, mode, options } of ways) {
    const makeContext = () => new Context({ target, client, mode, path: "/eio3/", options });
    await runTests(report, `2.5.0 ${label}`, tests, { makeContext, stopped, only });
  }
  return report;
}
