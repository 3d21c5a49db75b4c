// Listeners that see every event, on both ends.

import { equal } from "../lib/expect.mjs";
import { ask, collect, next, settle } from "../lib/wait.mjs";

/** Switches the server's catch-all listener and resolves once it is on or off; drops what it reported meanwhile. */
async function switchAny(socket, event, seen) {
  socket.emit(event);
  await settle(socket);
  return seen.items.splice(0);
}

export const matrix = {
  "the server's catch-all listener sees each event while it is on, its own end included": async (t) => {
    const socket = await t.connect();
    const seen = collect(socket, "any");
    await switchAny(socket, "any-on", seen);
    socket.emit("echo", "one", 2);
    await ask(socket, "echo", { three: Buffer.from("03", "hex") });
    socket.emit("nobody handles this");
    await seen.count(3);
    equal(seen.items.splice(0), [["echo", 2], ["echo", 1], ["nobody handles this", 0]], "seen while it is on");
    equal((await switchAny(socket, "any-off", seen))[0], ["any-off", 0], "seen at its end");
    socket.emit("echo", "after");
    await settle(socket);
    equal(seen.items, [], "seen after its end");
  },

  "the server's catch-all listener reports an event before its handler answers it": async (t) => {
    const socket = await t.connect();
    const seen = collect(socket, "any");
    await switchAny(socket, "any-on", seen);
    const order = [];
    socket.on("any", (name, count) => order.push(`any ${name} ${count}`));
    socket.on("echo", () => order.push("echo"));
    const echo = next(socket, "echo");
    socket.emit("echo");
    await echo;
    equal(order, ["any echo 0", "echo"], "order");
  },

  "the server's outgoing catch-all listener records emits and broadcasts but no acknowledgements": async (t) => {
    const [socket, other] = [await t.connect(), await t.connect()];
    socket.emit("echo", "before");
    socket.emit("anyout-on");
    socket.emit("echo", 1);
    socket.emit("send-bin", 3);
    await settle(socket);
    await ask(other, "op", { to: [socket.id], event: "news", args: [] });
    equal(await ask(socket, "anyout-log"), ["echo", "bin", "news"], "recorded names");
  },

  "the client's catch-all listeners see what the server sends and what it sends itself": async (t) => {
    const socket = await t.connect();
    const [incoming, outgoing] = [[], []];
    socket.onAny((name, ...args) => incoming.push([name, args]));
    if (t.client.has("onAnyOutgoing")) socket.onAnyOutgoing((name) => outgoing.push(name));
    socket.emit("echo", "你好", Buffer.from("00", "hex"));
    socket.send("m");
    await settle(socket);
    equal(incoming, [["echo", ["你好", Buffer.from("00", "hex")]], ["message", ["m"]]], "incoming");
    equal(outgoing, t.client.has("onAnyOutgoing") ? ["echo", "message", "echo"] : [], "outgoing");
  },
};
