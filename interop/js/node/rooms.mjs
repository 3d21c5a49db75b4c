// Rooms and emitting to many: to, except, flags, acknowledgements of many.

import { equal } from "../lib/expect.mjs";
import { ask, collect, settle, until } from "../lib/wait.mjs";

/** Connects sockets, one for each list of room names, joined to these. */
async function members(t, ...roomsOfEach) {
  const sockets = [];
  for (const rooms of roomsOfEach) {
    const socket = await t.connect();
    if (rooms.length > 0) await ask(socket, "join", rooms);
    sockets.push(socket);
  }
  return sockets;
}

/** Has `from` run the emit `o` of the event "news" and says how many copies each socket got. */
async function copies(sockets, from, o) {
  const news = sockets.map((socket) => collect(socket, "news"));
  equal(await ask(from, "op", { event: "news", args: ["新闻", 1], ...o }), "sent", "answer of op");
  await settle(...sockets);
  news.forEach(({ items }) => items.forEach((args) => equal(args, ["新闻", 1], "arguments of the broadcast")));
  return news.map(({ items }) => items.length);
}

export const matrix = {
  "joining and leaving changes the rooms that the server tells": async (t) => {
    const socket = await t.connect();
    const sorted = (...rooms) => [socket.id, ...rooms].sort();
    equal(await ask(socket, "join", "one"), sorted("one"), "rooms");
    equal(await ask(socket, "join", ["two", "one", "三"]), sorted("one", "two", "三"), "rooms");
    equal(await ask(socket, "leave", "one"), sorted("two", "三"), "rooms");
    equal(await ask(socket, "leave", "never joined"), sorted("two", "三"), "rooms");
    equal((await ask(socket, "whoami")).rooms, sorted("two", "三"), "rooms");
  },

  "a socket's broadcast to a room reaches its members but not the sender": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], [room], []);
    equal(await copies(sockets, sockets[0], { to: [room] }), [0, 1, 0], "copies");
  },

  "the namespace's emit to a room reaches the sender too": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], [room], []);
    equal(await copies(sockets, sockets[0], { via: "io", to: [room] }), [1, 1, 0], "copies");
  },

  "a socket in two target rooms gets one copy": async (t) => {
    const [a, b] = [t.room("a"), t.room("b")];
    const sockets = await members(t, [a, b], [a], [b], []);
    equal(await copies(sockets, sockets[3], { to: [a, b] }), [1, 1, 1, 0], "copies");
  },

  "an excepted room wins over the target room": async (t) => {
    const [a, b] = [t.room("a"), t.room("b")];
    const sockets = await members(t, [a], [a, b], [b]);
    equal(await copies(sockets, sockets[2], { via: "io", to: [a], except: [b] }), [1, 0, 0], "copies");
  },

  "a socket's id is a room": async (t) => {
    const sockets = await members(t, [], [], []);
    equal(await copies(sockets, sockets[0], { to: [sockets[2].id] }), [0, 0, 1], "copies");
    equal(await copies(sockets, sockets[0], { via: "io", except: [sockets[1].id] }), [1, 0, 1], "copies");
  },

  "without rooms everyone in the namespace gets it, the sender only from the namespace": async (t) => {
    const sockets = await members(t, [], []);
    equal(await copies(sockets, sockets[0], {}), [0, 1], "copies of the socket's broadcast");
    equal(await copies(sockets, sockets[0], { via: "io", to: [], except: [] }), [1, 1], "copies of the namespace's emit");
  },

  "after leaving the room nothing arrives from it": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], [room]);
    await ask(sockets[1], "leave", room);
    equal(await copies(sockets, sockets[0], { via: "io", to: [room] }), [1, 0], "copies");
  },

  "a broadcast stays in its namespace, and another namespace can be addressed": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    await t.connected(plain);
    equal(await copies([main, plain], main, { via: "io" }), [1, 0], "copies from /");
    equal(await copies([main, plain], main, { via: "io", nsp: "/plain" }), [0, 1], "copies to /plain");
  },

  "the flags local and compress change nothing on a single server": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], []);
    for (const flags of [{ local: true }, { compress: true }, { compress: false }, { local: true, compress: true }]) {
      equal(await copies(sockets, sockets[1], { to: [room], ...flags }), [1, 0], "copies");
    }
  },

  "a broadcast carries binary to each member": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], [room], []);
    const news = sockets.map((socket) => collect(socket, "news"));
    const bytes = Buffer.from("00010203", "hex");
    await ask(sockets[2], "op", { to: [room], event: "news", args: [{ deep: [bytes] }, bytes] });
    await settle(...sockets);
    equal(news.map(({ items }) => items), [[[{ deep: [bytes] }, bytes]], [[{ deep: [bytes] }, bytes]], []], "copies");
  },

  "a broadcast gathers the first acknowledgement argument of each receiver": async (t) => {
    const room = t.room("room");
    const sockets = await members(t, [room], [room], [room], []);
    sockets.forEach((socket, i) => socket.on("question", (asked, answer) => answer(`${asked} ${i}`, "second")));
    const o = { to: [room], event: "question", args: ["answer of"], timeout: 5000 };
    const fromSocket = await ask(sockets[0], "op", o);
    equal({ ...fromSocket, responses: fromSocket.responses.sort() }, { err: false, responses: ["answer of 1", "answer of 2"] }, "outcome via socket");
    const fromNamespace = await ask(sockets[3], "op", { ...o, via: "io" });
    equal({ ...fromNamespace, responses: fromNamespace.responses.sort() }, { err: false, responses: ["answer of 0", "answer of 1", "answer of 2"] }, "outcome via io");
  },

  "a broadcast with acknowledgements tells that someone did not answer": async (t) => {
    const room = t.room("room");
    const [answers, silent, asks] = await members(t, [room], [room], []);
    answers.on("question", (answer) => answer({ bytes: Buffer.from("01", "hex") }));
    silent.on("question", () => {});
    const outcome = await ask(asks, "op", { to: [room], event: "question", args: [], timeout: 100 });
    equal(outcome, { err: true, responses: [{ bytes: Buffer.from("01", "hex") }] }, "outcome");
  },

  "a broadcast with acknowledgements to nobody is answered at once": async (t) => {
    const [socket] = await members(t, []);
    const outcome = await ask(socket, "op", { to: [t.room("empty")], event: "question", args: [], timeout: 60_000 });
    equal(outcome, { err: false, responses: [] }, "outcome");
  },

  "a broadcast to a whole namespace gathers all acknowledgements": async (t) => {
    const options = { path: "/nocomp/" };
    const sockets = [await t.connect(options), await t.connect(options)];
    await until("two sockets in the namespace", async () => (await ask(sockets[0], "counts")).sockets === 2);
    sockets.forEach((socket, i) => socket.on("question", (answer) => answer(i)));
    const outcome = await ask(sockets[0], "op", { via: "io", event: "question", args: [], timeout: 5000 });
    equal({ ...outcome, responses: outcome.responses.sort() }, { err: false, responses: [0, 1] }, "outcome");
  },
};
