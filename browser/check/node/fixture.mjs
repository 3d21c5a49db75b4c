// The part of the fixture (interop/fixture) that the checks use, on Node's socket.io.

import { createServer } from "node:http";
import { Server, msgpack } from "./packages.mjs";

const options = {
  "/socket.io/": { destroyUpgrade: true, destroyUpgradeTimeout: 100 },
  "/rec/": { connectionStateRecovery: { maxDisconnectionDuration: 2000 } },
  "/cookie/": { cookie: true },
  "/wsonly/": { transports: ["websocket"] },
  "/pollonly/": { transports: ["polling"] },
  "/noupg/": { allowUpgrades: false },
  "/noslash": { addTrailingSlash: false },
  "/guard/": {
    allowRequest: ({ _query, headers }, decide) => {
      const passes = _query.pass === "yes" || headers["x-pass"] === "yes";
      decide(passes ? null : "denied by guard", passes);
    },
  },
  "/mp/": { parser: msgpack },
};

/** The HTTP server, not listening yet. */
export function fixture() {
  const http = createServer((_, response) => response.writeHead(404).end());
  http.setMaxListeners(0); // a few of each server
  for (const [path, differing] of Object.entries(options)) {
    const io = new Server(http, { path, destroyUpgrade: false, ...differing });
    io.on("connection", common);
    if (path === "/socket.io/") addNamespaces(io);
    if (path === "/mp/") io.of("/plain").on("connection", common);
  }
  return http;
}

function addNamespaces(io) {
  io.of("/plain").on("connection", common);
  io.of(/^\/dyn-\d+$/).on("connection", (socket) => {
    common(socket);
    socket.emit("nsp", socket.nsp.name);
  });
  io.of("/auth").use(({ handshake }, next) => next(handshake.auth.token === "secret" ? undefined : notAuthorized()));
  io.of("/auth").on("connection", common);
  io.of("/refuse").use((_, next) => next(new Error("nope")));
  io.of("/bye").on("connection", (socket) => socket.disconnect());
  io.of("/early").on("connection", (socket) => {
    common(socket);
    socket.emit("early", 1);
    socket.emit("early", 2);
  });
}

function notAuthorized() {
  return Object.assign(new Error("not authorized"), { data: { code: "E_AUTH", hint: { retry: false } } });
}

/** Gives a socket the events that every namespace has. */
function common(socket) {
  for (const [event, answer] of Object.entries(answers)) {
    socket.on(event, (...args) => {
      const reply = args.at(-1);
      if (typeof reply === "function") answer(socket, args.slice(0, -1), reply);
    });
  }
  socket.on("disconnect", (reason) => socket.nsp.to("watchers").emit("gone", { id: socket.id, reason }));
  for (const [event, handle] of Object.entries(handlers)) socket.on(event, (...args) => handle(socket, ...args));
}

/** What is answered by an acknowledgement alone. */
const answers = {
  echo: (_, args, reply) => reply(...args),
  describe: (_, args, reply) => reply(described(args)),
  whoami: ({ id, nsp, conn, recovered, data, rooms }, _, reply) => {
    const { transport, id: engineId } = conn;
    reply({ id, nsp: nsp.name, rooms: [...rooms].sort(), recovered, transport: transport.name, engineId, data });
  },
  handshake: ({ handshake }, _, reply) => reply(handshake),
  undef: (_, __, reply) => reply(),
  "late-ack": (_, [ms], reply) => setTimeout(reply, ms, ms),
  "double-ack": (_, __, reply) => {
    reply(1);
    reply(2);
  },
  ask: (socket, [event, args, ms], reply) => {
    const ok = (...value) => reply({ ok: true, value });
    if (ms === null) return socket.emit(event, ...args, ok);
    socket.timeout(ms).emit(event, ...args, (error, ...value) => (error ? reply({ ok: false, message: error.message }) : ok(...value)));
  },
  op: (socket, [{ via, to, event, args = [] }], reply) => {
    const from = via === "io" ? socket.nsp : socket.broadcast;
    (to ? from.to(to) : from).emit(event, ...args);
    reply("sent");
  },
  watch: (socket, _, reply) => {
    socket.join("watchers");
    reply();
  },
};

/** What is answered by events, if at all. */
const handlers = {
  echo: (socket, ...args) => typeof args.at(-1) !== "function" && socket.emit("echo", ...args),
  message: (socket, ...args) => socket.emit("message", ...args),
  "send-bin": (socket, n) => {
    const buf = Buffer.from(Array.from({ length: n }, (_, i) => i % 256));
    socket.emit("bin", { buf, list: [Buffer.from("dead", "hex"), "x"], n });
  },
  "disconnect-me": (socket, close) => socket.disconnect(close === true),
  burst: (socket, n) => {
    for (let i = 0; i < n; i++) socket.emit("tick", i);
  },
  "any-on": (socket) => {
    socket.onAny((name, ...args) => socket.emit("any", name, args.filter((arg) => typeof arg !== "function").length));
  },
};

/** The value with the bytes in it as objects that show them. */
function described(value) {
  if (Buffer.isBuffer(value)) return { bin: value.toString("hex") };
  if (Array.isArray(value)) return value.map(described);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, described(inner)]));
}
