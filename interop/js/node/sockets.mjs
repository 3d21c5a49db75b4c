// What a server does to sockets it selects: fetch, join, leave, disconnect, count.

import { equal, holds } from "../lib/expect.mjs";
import { ask, next, settle, until } from "../lib/wait.mjs";

export const matrix = {
  "whoami tells the socket as the client knows it": async (t) => {
    const socket = await t.connect();
    const { engine } = socket.io;
    const want = {
      id: socket.id,
      nsp: "/",
      rooms: [socket.id],
      recovered: false,
      transport: t.mode === "polling" ? "polling" : "websocket",
      engineId: engine.id,
      data: {},
    };
    equal(await ask(socket, "whoami"), want, "whoami");
    holds(/^[\w-]{20}$/.test(socket.id), "a socket id of 20 characters", socket.id);
    holds(socket.id !== engine.id, "a socket id that is not the session's id", socket.id);
  },

  "data set on a socket is kept and seen by others": async (t) => {
    const [a, b] = [await t.connect({ auth: { name: "甲" } }), await t.connect()];
    await ask(a, "set-data", "colour", { hue: ["red", 1] });
    equal((await ask(a, "whoami")).data, { colour: { hue: ["red", 1] } }, "own data");
    const found = await ask(b, "fetch", { in: [a.id] });
    equal(found, [{ id: a.id, rooms: [a.id], data: { colour: { hue: ["red", 1] } }, auth: { name: "甲" } }], "found");
  },

  "fetch finds by room, without the excepted, sorted by id": async (t) => {
    const sockets = [await t.connect(), await t.connect(), await t.connect()];
    const [a, b] = [t.room("a"), t.room("b")];
    await ask(sockets[0], "join", a);
    await ask(sockets[1], "join", [a, b]);
    await ask(sockets[2], "join", b);
    const ids = async (selection) => (await ask(sockets[0], "fetch", selection)).map(({ id }) => id);
    const sorted = (...chosen) => chosen.map((i) => sockets[i].id).sort();
    equal(await ids({ in: [a] }), sorted(0, 1), "in a");
    equal(await ids({ in: [a, b] }), sorted(0, 1, 2), "in a or b");
    equal(await ids({ in: [a], except: [b] }), sorted(0), "in a, not in b");
    equal(await ids({ in: [t.room("empty")] }), [], "in an empty room");
    const everyone = await ids({});
    holds(sorted(0, 1, 2).every((id) => everyone.includes(id)), "all three among everyone", everyone);
  },

  "all-join and all-leave move the matching sockets": async (t) => {
    const sockets = [await t.connect(), await t.connect(), await t.connect()];
    const [from, to] = [t.room("from"), t.room("to")];
    for (const socket of sockets.slice(0, 2)) await ask(socket, "join", from);
    const inTarget = async () => (await ask(sockets[2], "fetch", { in: [to] })).map(({ id }) => id);
    await ask(sockets[2], "all-join", { in: [from], rooms: [to, t.room("further")] });
    equal(await inTarget(), [sockets[0].id, sockets[1].id].sort(), "members after all-join");
    await ask(sockets[2], "all-leave", { in: [sockets[0].id], rooms: [to] });
    equal(await inTarget(), [sockets[1].id], "members after all-leave");
  },

  "all-disconnect without close leaves the connections open": async (t) => {
    const [a, b] = [await t.connect(), await t.connect()];
    const plain = t.share(a, "/plain");
    await t.connected(plain);
    const gone = next(a, "disconnect");
    b.emit("all-disconnect", { in: [a.id], close: false });
    equal((await gone)[0], "io server disconnect", "reason");
    await settle(b, plain);
    equal([plain.connected, b.connected], [true, true], "connected");
  },

  "all-disconnect with close closes the connections of all but the excepted": async (t) => {
    const sockets = [await t.connect(), await t.connect(), await t.connect()];
    const [room, spared] = [t.room("room"), t.room("spared")];
    for (const socket of sockets) await ask(socket, "join", room);
    await ask(sockets[1], "join", spared);
    const gone = [sockets[0], sockets[2]].map((socket) => next(socket, "disconnect"));
    const closed = [sockets[0], sockets[2]].map((socket) => next(socket.io.engine, "close"));
    sockets[1].emit("all-disconnect", { in: [room], except: [spared], close: true });
    for (const disconnect of gone) equal((await disconnect)[0], "io server disconnect", "reason");
    await Promise.all(closed);
    await settle(sockets[1]);
  },

  "counts follows connections and sockets": async (t) => {
    const options = { path: "/cors-any/" };
    const a = await t.connect(options);
    const counted = (clients, sockets) => async () => {
      const counts = await ask(a, "counts");
      return counts.clients === clients && counts.sockets === sockets;
    };
    await until("one client and one socket", counted(1, 1));
    const b = await t.connect(options);
    await until("two clients and two sockets", counted(2, 2));
    b.disconnect();
    await until("one client and one socket again", counted(1, 1));
  },
};
