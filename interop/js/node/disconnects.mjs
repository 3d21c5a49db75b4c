// Disconnects from both sides, the reasons each side sees, and reconnection
// while the server stays up.

import { equal, holds, oneOf } from "../lib/expect.mjs";
import { ask, collect, next, settle, until } from "../lib/wait.mjs";

/** A socket that is told of the others' disconnects. */
async function watcher(t, options) {
  const socket = await t.connect(options);
  await ask(socket, "watch");
  return socket;
}

const goneOf = (watching, id) => next(watching, "gone", (gone) => gone.id === id).then(([gone]) => gone);

export const matrix = {
  "the server disconnects one namespace of a connection": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    await t.connected(plain);
    const gone = next(plain, "disconnect");
    plain.emit("disconnect-me", false);
    equal((await gone)[0], "io server disconnect", "reason");
    await settle(main);
    equal(plain.connected, false, "connected");
  },

  "the server closes the connection with all its namespaces": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    await t.connected(plain);
    const gone = [main, plain].map((socket) => next(socket, "disconnect"));
    const closed = next(main.io.engine, "close");
    plain.emit("disconnect-me", true);
    for (const disconnect of gone) equal((await disconnect)[0], "io server disconnect", "reason");
    await closed;
  },

  "a client that the server disconnected comes back only when told to": async (t) => {
    const socket = await t.connect({ reconnection: true });
    const before = socket.id;
    const gone = next(socket, "disconnect");
    socket.emit("disconnect-me", true);
    await gone;
    equal(socket.active ?? false, false, "active");
    socket.off();
    await t.connected(socket);
    holds(socket.id !== before, "a new id", socket.id);
    await settle(socket);
  },

  "others see the server's disconnect with reason and rooms": async (t) => {
    const [watching, leaving] = [await watcher(t), await t.connect()];
    const room = t.room("room");
    await ask(leaving, "join", room);
    const { id } = leaving;
    const gone = goneOf(watching, id);
    leaving.emit("disconnect-me", false);
    equal(await gone, { id, reason: "server namespace disconnect", rooms: [id, room].sort() }, "gone");
  },

  "others see the client's disconnect with reason and rooms": async (t) => {
    const [watching, leaving] = [await watcher(t), await t.connect()];
    const room = t.room("room");
    await ask(leaving, "join", room);
    const { id } = leaving;
    const gone = goneOf(watching, id);
    const own = next(leaving, "disconnect");
    leaving.disconnect();
    equal((await own)[0], "io client disconnect", "the client's reason");
    equal(await gone, { id, reason: "client namespace disconnect", rooms: [id, room].sort() }, "gone");
    equal(await ask(watching, "fetch", { in: [room] }), [], "members left in the room");
  },

  "others see a client that closes its connection without a word": async (t) => {
    const [watching, leaving] = [await watcher(t), await t.connect()];
    const { id } = leaving;
    const gone = goneOf(watching, id);
    leaving.io.engine.close();
    equal(await gone, { id, reason: "transport close", rooms: [id] }, "gone");
  },

  "a disconnect in one namespace is not told in another": async (t) => {
    const watching = await watcher(t);
    const gone = collect(watching, "gone");
    const plain = await t.connect({ nsp: "/plain" });
    const { id } = plain;
    plain.disconnect();
    const other = await watcher(t, { nsp: "/plain" });
    await until("the socket gone from /plain", async () => (await ask(other, "fetch", { in: [id] })).length === 0);
    await settle(watching);
    equal(gone.items.filter(([{ id: seen }]) => seen === id), [], "told");
  },

  "a client that loses its connection comes back by itself with what it emitted meanwhile": async (t) => {
    const socket = await t.connect({ reconnection: true });
    const before = socket.id;
    const echoed = collect(socket, "echo");
    const gone = next(socket, "disconnect");
    const back = next(socket, "connect");
    socket.io.engine.close();
    oneOf((await gone)[0], ["forced close", "transport close"], "the client's reason");
    for (let i = 0; i < 10; i++) socket.emit("echo", i);
    await back;
    await settle(socket);
    holds(socket.id !== before, "a new id", socket.id);
    equal(echoed.items, Array.from({ length: 10 }, (_, i) => [i]), "echoed events");
  },

  "what the server sends before it closes the connection arrives": async (t) => {
    const socket = await t.connect();
    const echoed = collect(socket, "echo");
    const gone = next(socket, "disconnect");
    for (let i = 0; i < 20; i++) socket.emit("echo", i);
    socket.emit("disconnect-me", true);
    equal((await gone)[0], "io server disconnect", "reason");
    equal(echoed.items.length, 20, "echoes before the disconnect");
  },
};
