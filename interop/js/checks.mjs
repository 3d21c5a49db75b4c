// The checks that the clients of all languages run (internal/cmd/interop has
// the list), for one version of the JavaScript client:
//
//   TARGET=http://host:port CUT=http://host:port/ PEER=name node checks.mjs 4.8.4
//
// Each check prints one line: {"transport", "check"}, with "error" if it
// failed. A GET of CUT cuts all connections of this process.

import { loadClient, modes } from "./lib/clients.mjs";
import { Context } from "./lib/context.mjs";
import { equal } from "./lib/expect.mjs";
import { acknowledgement, ask, collect, next, settle, within } from "./lib/wait.mjs";

const LIMIT_MS = 40_000;
const { TARGET, CUT, PEER } = process.env;

const words = ["ünïcödé, 你好, 🎈", "", 42, -1.5, null, [1, ["two"]], { deep: { er: [true, {}] } }];

const checks = {
  async connect(c) {
    const socket = await c.connect();
    const me = await ask(socket, "whoami");
    equal(me.id, socket.id, "id");
    equal(me.transport, c.mode === "polling" ? "polling" : "websocket", "transport");
  },

  async "echo text"(c) {
    const socket = await c.connect();
    const echo = next(socket, "echo");
    socket.emit("echo", ...words);
    equal(await echo, words, "echo");
  },

  async "nested binary"(c) {
    const socket = await c.connect();
    const sent = { list: [Buffer.from([1, 2, 3]), "x", { deep: Buffer.from([0xff, 0, 0xfe]) }] };
    const seen = await ask(socket, "describe", sent);
    equal(seen, [{ list: [{ bin: "010203" }, "x", { deep: { bin: "ff00fe" } }] }], "what the server got");
    const echo = next(socket, "echo");
    socket.emit("echo", sent);
    equal(await echo, [sent], "echo");
  },

  async "ack by the server"(c) {
    const socket = await c.connect();
    equal(await acknowledgement(socket, "echo", ...words), words, "acknowledgement");
  },

  async "ack by the client"(c) {
    const socket = await c.connect();
    socket.on("question", (a, b, ack) => ack(b, { a }));
    equal(await ask(socket, "ask", "question", [1, "two"], 5000), { ok: true, value: ["two", { a: 1 }] }, "answer");
  },

  async room(c) {
    const [member, stranger] = [await c.connect(), await c.connect()];
    const room = roomOf(c);
    const [in_, out] = [collect(member, room), collect(stranger, room)];
    equal(await ask(member, "join", room), [member.id, room].sort(), "rooms");
    await ask(stranger, "op", { via: "io", to: [room], event: room, args: [1] });
    await settle(member, stranger);
    equal(in_.items, [[1]], "what the member got");
    equal(out.items, [], "what the stranger got");
  },

  async except(c) {
    const [one, other] = [await c.connect(), await c.connect()];
    const [room, silent] = [roomOf(c), roomOf(c)];
    const [got, not] = [collect(one, room), collect(other, room)];
    await ask(one, "join", room);
    await ask(other, "join", [room, silent]);
    await ask(other, "op", { via: "io", to: [room], except: [silent], event: room, args: [2] });
    await settle(one, other);
    equal(got.items, [[2]], "what the one got");
    equal(not.items, [], "what the excepted got");
  },

  async namespace(c) {
    const socket = await c.connect();
    const plain = c.share(socket, "/plain");
    await c.connected(plain);
    const [main, other] = [await ask(socket, "whoami"), await ask(plain, "whoami")];
    equal([main.nsp, other.nsp], ["/", "/plain"], "namespaces");
    equal(other.engineId, main.engineId, "connection");
    equal(await acknowledgement(plain, "echo", "plain"), ["plain"], "acknowledgement");
  },

  async "auth refused with data"(c) {
    const socket = await c.connect();
    const data = { code: "E_AUTH", hint: { retry: false } };
    const wrong = c.share(socket, "/auth", tokenOf("wrong"));
    const refused = next(wrong, old ? "error" : "connect_error");
    wrong.connect();
    const [error] = await refused;
    if (old) equal(error, data, "error"); // the data is all that it gets
    else equal([error.message, error.data], ["not authorized", data], "error");
    const right = c.share(await c.connect(), "/auth", tokenOf("secret"));
    await c.connected(right);
    equal((await ask(right, "whoami")).nsp, "/auth", "namespace");
  },

  async "200 ordered events"(c) {
    const socket = await c.connect();
    const numbers = Array.from({ length: 200 }, (_, i) => [i]);
    const [echoes, ticks] = [collect(socket, "echo"), collect(socket, "tick")];
    for (const [i] of numbers) socket.emit("echo", i);
    equal(await echoes.count(200), numbers, "echoes");
    socket.emit("burst", 200);
    equal(await ticks.count(200), numbers, "ticks");
  },

  async "disconnected by the server"(c) {
    const socket = await c.connect();
    const disconnected = next(socket, "disconnect");
    socket.emit("disconnect-me", false);
    equal((await disconnected)[0], "io server disconnect", "reason");
    equal(socket.connected, false, "connected");
  },

  async "disconnected by the client"(c) {
    const [watcher, leaver] = [await c.connect(), await c.connect()];
    await ask(watcher, "watch");
    const { id } = leaver;
    const gone = next(watcher, "gone", (who) => who.id === id);
    leaver.disconnect();
    equal((await gone)[0].reason, "client namespace disconnect", "reason");
  },

  async reconnect(c) {
    const socket = await c.connect({ reconnection: true });
    const { id } = socket;
    const [disconnected, connected] = [next(socket, "disconnect"), next(socket, "connect")];
    let gone = false;
    disconnected.then(() => (gone = true));
    while (!gone) {
      await fetch(CUT); // between two requests there is nothing that could be cut
      await Promise.race([disconnected, new Promise((resolve) => setTimeout(resolve, 1000))]);
    }
    await connected;
    await c.upgraded(socket);
    equal(socket.id !== id, true, "whether the id is new");
    equal(await acknowledgement(socket, "echo", "again"), ["again"], "acknowledgement");
  },
};

let rooms = 0;

/** A room, or an event, that nobody else knows of. */
const roomOf = (c) => `${PEER}-${c.mode}-${++rooms}`;

const client = await loadClient(process.argv[2]);

/** Whether this is version 2, which speaks Engine.IO 3 and has a query where others have auth. */
const old = client.version.startsWith("2.");
const tokenOf = (token) => (old ? { query: { token } } : { auth: { token } });

for (const mode of Object.keys(modes)) {
  for (const [check, run] of Object.entries(checks)) {
    const context = new Context({ target: { base: TARGET }, client, mode, path: old ? "/eio3/" : "/socket.io/" });
    const error = await within(run(context), "an end", LIMIT_MS).then(() => undefined, ({ message }) => message);
    console.log(JSON.stringify({ transport: mode, check, error }));
    await context.close();
  }
}
process.exit(0);
