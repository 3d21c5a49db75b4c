// official-client-suites.md §2: what the official client's suite asks its server for, one
// check of ours for each line of it.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { acknowledgement, ask, collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, filled, polling, soon, upgrade, webSocket } from "../lib/check.mjs";

export const source = "suites 2";

/** A connected socket of the suite's server. */
const connect = async (t, options) => t.connect(await t.line("socket"), { ...webSocket, ...options });

/** A check that an event is answered by another, and what with; the offset of recovery, the last argument, left out. */
const answers = (event, args, answer, check) => async (t) => {
  for (const options of [webSocket, polling]) {
    const socket = await connect(t, options);
    const came = next(socket, answer);
    socket.emit(event, ...args);
    check((await came).slice(0, -1));
  }
};

const isDate = (text) => holds(typeof text === "string" && !Number.isNaN(Date.parse(text)), "a date", text);
const ascii = (bytes) => Buffer.from(bytes).toString();
const mixed = (message) => ({ hello: "lol", message, goodbye: "gotcha" });
const bytes = () => new TextEncoder().encode("howdy");

/** What a namespace's refusal says. */
async function refusal(t, nsp, options) {
  const socket = t.open(await t.line("socket"), { ...webSocket, ...options, nsp });
  const refused = next(socket, "connect_error");
  socket.connect();
  return (await refused)[0].message;
}

export const checks = {
  "hi is answered by hi": answers("hi", [], "hi", (args) => equal(args, [], "arguments")),

  "echo is acknowledged with what it got": async (t) => {
    const socket = await connect(t);
    for (const value of [1, "a", null, 42, { a: [1] }]) equal(await ask(socket, "echo", value), value, "value");
  },

  "ack asks back, and its answer is answered": async (t) => {
    const socket = await connect(t);
    socket.on("ack", (reply) => reply(5, { test: true }));
    const got = next(socket, "got it");
    socket.emit("ack");
    await got;
  },

  "ack asks back also where it is asked with an acknowledgement, which is never called": async (t) => {
    const socket = await connect(t);
    let calls = 0;
    const asked = next(socket, "ack");
    socket.emit("ack", () => calls++);
    await asked;
    await ask(socket, "echo", 1);
    equal(calls, 0, "calls");
  },

  "getAckDate acknowledges with a date, as text": async (t) => isDate(await ask(await connect(t), "getAckDate", { test: true })),
  "getDate is answered by a date, as text": answers("getDate", [], "takeDate", ([date]) => isDate(date)),
  "getDateObj is answered by an object with a date": answers("getDateObj", [], "takeDateObj", ([{ date }]) => isDate(date)),

  "getUtf8 is answered by five texts of several scripts, in order": async (t) => {
    for (const options of [webSocket, polling]) {
      const socket = await connect(t, options);
      const texts = collect(socket, "takeUtf8");
      socket.emit("getUtf8");
      const want = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];
      equal((await texts.count(5)).map(([text]) => text), want, "texts");
    }
  },

  "false is answered by false": answers("false", [], "false", (args) => equal(args, [false], "arguments")),
  "doge is answered by eight bytes": answers("doge", [], "doge", ([data]) => equal(ascii(data), "asdfasdf", "bytes")),
  "getbin is answered by eight bytes": answers("getbin", [], "takebin", ([data]) => equal(ascii(data), "asdfasdf", "bytes")),
  "buffa takes bytes": answers("buffa", [bytes()], "buffack", () => {}),
  "buffa takes an ArrayBuffer": answers("buffa", [bytes().buffer], "buffack", () => {}),
  "buffa takes a Buffer": answers("buffa", [Buffer.from("howdy")], "buffack", () => {}),
  "jsonbuff takes bytes within an object": answers("jsonbuff", [mixed(bytes())], "jsonbuff-ack", () => {}),

  "abuff1 with bytes and abuff2 without come in order": async (t) => {
    for (const options of [webSocket, polling]) {
      const socket = await connect(t, options);
      const came = next(socket, "abuff2-ack");
      socket.emit("abuff1", bytes());
      socket.emit("abuff2", "please arrive second");
      await came;
    }
  },

  "blob takes a Blob": beyond(answers("blob", [new Blob([bytes()])], "back", () => {})),
  "jsonblob takes a Blob within an object": beyond(answers("jsonblob", [mixed(new Blob([bytes()]))], "jsonblob-ack", () => {})),

  "blob1, blob2 and blob3 come in order, Blobs or not": beyond(async (t) => {
    for (const options of [webSocket, polling]) {
      const socket = await connect(t, options);
      const came = next(socket, "blob3-ack");
      socket.emit("blob1", new Blob([bytes()]));
      socket.emit("blob2", "second");
      socket.emit("blob3", new Blob([bytes()]));
      await came;
    }
  }),

  "getHandshake acknowledges with the handshake, which has the query": async (t) => {
    const socket = await connect(t, { nsp: "/?c=d", query: undefined });
    equal((await ask(socket, "getHandshake")).query.c, "d", "query");
  },

  "getHandshake has the query of the options": async (t) => {
    const socket = await connect(t, { query: { e: "f" } });
    equal((await ask(socket, "getHandshake")).query.e, "f", "query");
  },

  "getId acknowledges with the id that the client has": async (t) => {
    const socket = await connect(t);
    equal(await ask(socket, "getId"), socket.id, "id");
  },

  "an event that the server does not know is never acknowledged": async (t) => {
    const socket = await connect(t);
    const [error] = await acknowledgement(socket.timeout(30), "unknown");
    equal(error.message, "operation has timed out", "error");
  },

  "a middleware of the main namespace refuses": async (t) => {
    equal(await refusal(t, "/", { query: { fail: true } }), "Auth failed (main namespace)", "message");
  },

  "a middleware of another namespace refuses": async (t) => equal(await refusal(t, "/no"), "Auth failed (custom namespace)", "message"),

  "a namespace that is not there is refused": async (t) => {
    for (const nsp of ["/bar", "/timeout", "/invalid", "/room1"]) equal(await refusal(t, nsp), "Invalid namespace", nsp);
  },

  "namespaces without handlers are joined": async (t) => {
    const first = await connect(t);
    for (const nsp of ["/timeout_socket", "/valid", "/asd"]) {
      const socket = await t.connected(first.io.socket(nsp));
      equal([socket.connected, socket.nsp], [true, nsp], "connected, namespace");
    }
  },

  "/foo knows the id of its own socket": async (t) => {
    const socket = await connect(t, { nsp: "/foo" });
    equal(await ask(socket, "getId"), socket.id, "id");
  },

  "/abc tells the handshake: its query, decoded": async (t) => {
    const socket = t.open(await t.line("socket"), { ...webSocket, nsp: "/abc?%26a=%26%3D%3Fa" });
    const told = next(socket, "handshake");
    socket.connect();
    equal((await told)[0].query["&a"], "&=?a", "query");
  },

  "/abc tells the handshake: its auth, which is no part of the query": async (t) => {
    const socket = t.open(await t.line("socket"), { ...webSocket, nsp: "/abc", auth: { token: "abcd" } });
    const told = next(socket, "handshake");
    socket.connect();
    const [{ auth, query }] = await told;
    equal([auth, "token" in query], [{ token: "abcd" }, false], "auth, token in the query");
  },

  "/abc tells the handshake: the auth of a function": async (t) => {
    const socket = t.open(await t.line("socket"), { ...webSocket, nsp: "/abc", auth: (pass) => pass({ token: "abcd" }) });
    const told = next(socket, "handshake");
    socket.connect();
    equal((await told)[0].auth, { token: "abcd" }, "auth");
  },

  "/abc ignores what else it is sent": async (t) => {
    const socket = await connect(t, { nsp: "/abc" });
    socket.emit("my-event", 1);
    const main = await t.connected(socket.io.socket("/"));
    equal([await ask(main, "echo", 1), socket.connected], [1, true], "echo, connected");
  },

  "a socket's id is not the engine's": async (t) => {
    const socket = await connect(t);
    equal(socket.id === socket.io.engine.id, false, "the same");
  },

  "two managers have a session each": async (t) => {
    const [one, two] = [await connect(t), await connect(t)];
    equal([one.io.engine.id === two.io.engine.id, one.id === two.id], [false, false], "the same");
  },

  "after a reconnection without an event the id is another": async (t) => {
    const socket = await connect(t, soon);
    const { id } = socket;
    socket.io.engine.close();
    await next(socket, "connect");
    equal([socket.id === id, Boolean(socket.recovered)], [false, false], "same id, recovered");
  },

  "an event carries its offset as the last argument, and CONNECT the session's pid": async (t) => {
    const line = await t.line("socket");
    const socket = await t.connect(line, webSocket);
    const came = next(socket, "hi");
    socket.emit("hi");
    equal([(await came).length, line.got.some(({ packet }) => /^40\{.*"pid":"/.test(packet))], [1, true], "arguments, pid");
  },

  "after engine.close and an event the same id is given back": async (t) => {
    const socket = await connect(t, soon);
    const { id } = socket;
    const came = next(socket, "hi");
    socket.emit("hi");
    await came;
    socket.io.engine.close();
    await next(socket, "connect");
    equal([socket.id === id, socket.recovered], [true, true], "same id, recovered");
  },

  "retries: nothing is sent by the server but what was asked for": async (t) => {
    const line = await t.line("socket");
    const socket = t.open(line, { ...webSocket, retries: 3, ackTimeout: 60_000 });
    const answered = new Promise((resolve) => socket.emit("echo", null, (...args) => resolve(args)));
    await t.connected(socket);
    equal(await answered, [null, null], "acknowledgement");
    const kinds = line.got.map(({ packet }) => packet.match(/^(0\{|40\{|430\[null\])/)?.[0]);
    equal(kinds, ["0{", "40{", "430[null]"], "packets");
  },

  "a timeout of 0 is over before any connection": async (t) => {
    const socket = t.open(await t.line("socket"), { ...webSocket, timeout: 0 });
    const failed = next(socket, "connect_error");
    socket.connect();
    equal((await failed)[0].message, "timeout", "error");
  },

  "a timeout of 0 fails each attempt as well": async (t) => {
    const socket = t.open(await t.line("socket"), { ...webSocket, ...soon, timeout: 0, reconnectionAttempts: 2 });
    const errors = collect(socket.io, "reconnect_error");
    const failed = next(socket.io, "reconnect_failed");
    socket.connect();
    await failed;
    await filled(errors.items, 2);
    equal(errors.items.length, 2, "errors");
  },

  "what is emitted while it upgrades is neither lost nor out of order": async (t) => {
    const socket = t.open(await t.line("socket"), upgrade);
    socket.connect();
    const answered = [];
    const emit = (n) => socket.emit("echo", n, (answer) => answered.push(answer));
    emit(0);
    socket.io.engine.on("upgrading", () => [1, 2, 3].forEach(emit));
    socket.io.engine.on("upgrade", () => [4, 5].forEach(emit));
    await filled(answered, 6, "answers");
    equal(answered, [0, 1, 2, 3, 4, 5], "answers");
  },

  "engine.close while it upgrades ends it": async (t) => {
    const socket = await t.connect(await t.line("socket"), upgrade);
    const ended = next(socket, "disconnect");
    socket.io.engine.close();
    equal((await ended)[0], "forced close", "reason");
  },

  "disconnect while it upgrades ends it": async (t) => {
    const line = await t.line("socket");
    const socket = t.open(line, upgrade);
    socket.connect();
    const { engine } = socket.io;
    await Promise.all([next(engine, "upgrading"), next(socket, "connect")]);
    socket.disconnect();
    await until("the end", () => engine.readyState === "closed");
    equal(socket.connected, false, "connected");
  },

  "the server's own heartbeats of 2000 ms keep a connection": async (t) => {
    const line = await t.line("socket");
    const socket = await t.connect(line, webSocket);
    const handshake = JSON.parse(line.got[0].packet.slice(1));
    equal(handshake.pingInterval, 2000, "pingInterval");
    await line.hears(/^3$/);
    await settle(socket);
  },
};
