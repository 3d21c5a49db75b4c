// Runs the JavaScript client of version 2, which speaks Engine.IO 3, against
// the fixture's server under /eio3/:
//
//   TARGET=http://host:port node v2.mjs
//
// Each check prints one line: {"transport", "check"}, with "error" if it
// failed. The exit status is 0 if and only if none did.

import { createRequire } from "node:module";
import { deepStrictEqual as equal } from "node:assert";

const client = createRequire(import.meta.url)("client-2.5.0");
const { TARGET = "http://127.0.0.1:3000" } = process.env;

const LIMIT_MS = 10_000;

const modes = {
  polling: { transports: ["polling"] },
  "polling in base64": { transports: ["polling"], forceBase64: true },
  websocket: { transports: ["websocket"] },
  "websocket in base64": { transports: ["websocket"], forceBase64: true },
  upgrade: { transports: ["polling", "websocket"] },
};

const words = ["ünïcödé, 你好, 🎈\u2028", "", 42, -1.5, null, [1, ["two"]], { deep: { er: [true, {}] } }];

/** Opens a socket as one of the modes has it. */
function open(mode, namespace = "/", options = {}) {
  return client(TARGET + namespace, {
    path: "/eio3/", forceNew: true, reconnection: false, ...modes[mode], ...options,
  });
}

/** The arguments of the next event of that name. */
const next = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

/** What the server acknowledges. */
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));

/** Waits for a socket, and for its upgrade if there is to be one. */
async function connected(socket, mode) {
  const upgraded = mode === "upgrade" ? next(socket.io.engine, "upgrade") : undefined;
  await next(socket, "connect");
  await upgraded;
  return socket;
}

const connect = (mode, ...more) => connected(open(mode, ...more), mode);

const checks = {
  async "ids and transports"(mode) {
    const socket = await connect(mode);
    const [me] = await ask(socket, "whoami");
    equal(me.id, socket.id);
    equal(me.engineId, socket.io.engine.id);
    equal(me.transport, mode.startsWith("polling") ? "polling" : "websocket");
    return socket;
  },

  async "text there and back"(mode) {
    const socket = await connect(mode);
    const echo = next(socket, "echo");
    socket.emit("echo", ...words);
    equal(await echo, words);
    equal(await ask(socket, "echo", ...words), words);
    return socket;
  },

  async "nested binary"(mode) {
    const socket = await connect(mode);
    const sent = { list: [Buffer.from([1, 2, 3]), "x", { deep: Buffer.from([0xff, 0, 0xfe]) }] };
    equal(await ask(socket, "describe", sent), [[{ list: [{ bin: "010203" }, "x", { deep: { bin: "ff00fe" } }] }]]);
    equal(await ask(socket, "echo", sent), [sent]);
    return socket;
  },

  async "the client acknowledges"(mode) {
    const socket = await connect(mode);
    socket.on("question", (a, b, ack) => ack(b, { a }));
    equal(await ask(socket, "ask", "question", [1, "two"], 5000), [{ ok: true, value: ["two", { a: 1 }] }]);
    return socket;
  },

  async "a namespace with a query"(mode) {
    const socket = await connect(mode, "/plain", { query: { token: "a, b" } });
    const [me] = await ask(socket, "whoami");
    equal([me.id, me.nsp], [socket.id, "/plain"]);
    const [handshake] = await ask(socket, "handshake");
    equal(handshake.auth.token, "a, b");
    return socket;
  },

  async "an unknown namespace"(mode) {
    const socket = open(mode, "/nobody");
    equal(await next(socket, "error"), [{ message: "Invalid namespace" }]);
    return socket;
  },

  async "200 events in order"(mode) {
    const socket = await connect(mode);
    const ticks = [];
    const all = new Promise((resolve) => socket.on("tick", (i) => ticks.push(i) === 200 && resolve()));
    socket.emit("burst", 200);
    await all;
    equal(ticks, Array.from({ length: 200 }, (_, i) => i));
    return socket;
  },

  async "the heartbeat is the client's"(mode) {
    const socket = await connect(mode);
    await next(socket, "pong");
    await next(socket, "pong");
    equal(socket.connected, true);
    return socket;
  },

  async "the server disconnects"(mode) {
    const socket = await connect(mode);
    const reason = next(socket, "disconnect");
    socket.emit("disconnect-me", false);
    equal(await reason, ["io server disconnect"]);
    return socket;
  },

  async "the client comes back"(mode) {
    const socket = await connect(mode, "/", { reconnection: true, reconnectionDelay: 10 });
    const [before, again] = [socket.id, next(socket, "connect")];
    socket.emit("disconnect-me", true);
    await next(socket, "disconnect");
    socket.connect();
    await again;
    equal(socket.id !== before && socket.id.length, 20);
    return socket;
  },
};

/** Rejects when a check takes too long. */
function within(promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`nothing after ${LIMIT_MS} ms`)), LIMIT_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

let failed = 0;
for (const transport of Object.keys(modes)) {
  for (const [check, run] of Object.entries(checks)) {
    const line = { transport, check };
    try {
      (await within(run(transport))).close();
    } catch (error) {
      failed++;
      line.error = error.message;
    }
    console.log(JSON.stringify(line));
  }
}
process.exit(failed === 0 ? 0 : 1);
