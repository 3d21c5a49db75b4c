// behaviour.md §3.6: what is kept while there is no connection, and what is lost.

import { equal } from "../../../interop/js/lib/expect.mjs";
import { ask, collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { differs, polling, soon, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.6";

/** A socket whose connection is lost and comes back when the line listens again. */
async function lost(t, options) {
  const line = await t.line();
  const socket = await t.connect(line, { ...webSocket, ...soon, ...options });
  const ended = next(socket, "disconnect");
  await line.close();
  await ended;
  return { line, socket };
}

export const checks = {
  "what is emitted before the first connection is sent with it, in order": async (t) => {
    const line = await t.line();
    const socket = t.open(line, webSocket);
    for (const n of [1, 2, 3]) socket.emit("echo", n);
    const echoes = collect(socket, "echo");
    await t.connected(socket);
    equal(await echoes.count(3), [[1], [2], [3]], "echoes");
  },

  "what is emitted while the connection is lost is sent once, in order, when it is back": async (t) => {
    const { line, socket } = await lost(t);
    for (const n of [1, 2, 3]) socket.emit("echo", n);
    const echoes = collect(socket, "echo");
    await line.listen();
    await echoes.count(3);
    await settle(socket);
    equal(echoes.items, [[1], [2], [3]], "echoes");
  },

  "what waits is sent before the listeners of connect are called": async (t) => {
    const line = await t.line();
    const socket = t.open(line, webSocket);
    socket.emit("echo", "buffered");
    socket.on("connect", () => socket.emit("echo", "by the listener"));
    await t.connected(socket);
    equal(await line.hears(/^42/, 2), ['42["echo","buffered"]', '42["echo","by the listener"]'], "packets");
  },

  "what waits is sent after the server's answer to the join, never before": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, nsp: "/plain" });
    socket.emit("echo", 1);
    socket.connect();
    await line.hears(/^42\/plain,/);
    equal(line.sentLike(/^4/), ["40/plain,", '42/plain,["echo",1]'], "packets");
  },

  "acknowledgements of what waits are called": async (t) => {
    const { line, socket } = await lost(t);
    const answered = ask(socket, "echo", "late");
    await line.listen();
    equal(await answered, "late", "answer");
  },

  "bytes wait as well": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    const answered = ask(socket, "describe", Uint8Array.of(1, 2));
    await t.connected(socket);
    equal(await answered, [{ bin: "0102" }], "what came");
  },

  "emitting without a connection never throws, however often": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    for (let i = 0; i < 2000; i++) socket.emit("echo", i);
    equal(socket.sendBuffer.length, 2000, "waiting");
    const echoes = collect(socket, "echo");
    await t.connected(socket);
    await echoes.count(2000);
    equal(echoes.items.every(([n], i) => n === i), true, "in order");
  },

  "volatile is dropped before there is a connection": async (t) => {
    const line = await t.line();
    const socket = t.open(line, webSocket);
    socket.volatile.emit("echo", "dropped");
    socket.emit("echo", "kept");
    const came = next(socket, "echo");
    socket.connect();
    equal(await came, ["kept"], "echo");
    equal(line.sentLike(/dropped/), [], "packets");
  },

  "volatile waits where the transport could send it, but the namespace is not joined": differs("it is dropped", async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    await settle(socket);
    const other = socket.io.socket("/plain");
    other.volatile.emit("echo", "waits");
    const came = next(other, "echo");
    other.connect();
    equal(await came, ["waits"], "echo");
  }),

  "volatile is dropped while the transport is still sending": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.emit("echo", "regular");
    socket.volatile.emit("echo", "dropped");
    await settle(socket);
    equal(line.sentLike(/"echo","/), ['42["echo","regular"]', '420["echo","settled"]'], "packets");
  },

  "volatile is of one emit alone": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    socket.volatile.emit("echo", "dropped");
    socket.emit("echo", "kept");
    equal(socket.sendBuffer.length, 1, "waiting");
  },

  "what was handed to the connection when it broke is lost": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...polling, ...soon });
    line.fault = ({ method }) => (method === "POST" ? "hang" : undefined);
    socket.emit("echo", "lost");
    socket.emit("echo", "lost as well");
    await line.asked(({ method, body }) => method === "POST" && body.includes("lost"));
    line.fault = undefined;
    const back = next(socket, "connect");
    line.cut();
    await back;
    const echoes = collect(socket, "echo");
    await settle(socket);
    equal(echoes.items, [], "echoes");
  },

  "an acknowledgement with a timeout fails when the connection is lost": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const answered = new Promise((resolve) => socket.timeout(60_000).emit("no-ack", resolve));
    await line.hears(/no-ack/);
    line.cut();
    equal((await answered).message, "socket has been disconnected", "error");
  },

  "a promise of an acknowledgement is rejected when the connection is lost": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const answered = socket.emitWithAck("no-ack").catch((error) => error.message);
    await line.hears(/no-ack/);
    line.cut();
    equal(await answered, "socket has been disconnected", "error");
  },

  "an acknowledgement with ackTimeout fails when the connection is lost": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ackTimeout: 60_000 });
    const answered = new Promise((resolve) => socket.emit("no-ack", resolve));
    await line.hears(/no-ack/);
    line.cut();
    equal((await answered).message, "socket has been disconnected", "error");
  },

  "a plain acknowledgement is never called when the connection is lost": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    let calls = 0;
    socket.emit("no-ack", () => calls++);
    await line.hears(/no-ack/);
    const back = next(socket, "connect");
    line.cut();
    await back;
    await settle(socket);
    equal(calls, 0, "calls");
  },

  "acknowledgements fail after the listeners of disconnect": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const order = [];
    socket.on("disconnect", () => order.push("disconnect"));
    socket.timeout(60_000).emit("no-ack", () => order.push("acknowledgement"));
    await line.hears(/no-ack/);
    line.cut();
    await until("both", () => order.length === 2);
    equal(order, ["disconnect", "acknowledgement"], "order");
  },

  "acknowledgements of what waits are kept through further failures": async (t) => {
    const { line, socket } = await lost(t);
    const answered = socket.timeout(60_000).emitWithAck("echo", 1);
    await next(socket, "connect_error");
    await line.listen();
    equal(await answered, 1, "answer");
  },

  "what waits and times out is not sent any more": async (t) => {
    const { line, socket } = await lost(t);
    const error = await new Promise((resolve) => socket.timeout(5).emit("echo", "too late", resolve));
    equal([error.message, socket.sendBuffer], ["operation has timed out", []], "error, waiting");
    await line.listen();
    await next(socket, "connect");
    await settle(socket);
    equal(line.sentLike(/too late/), [], "packets");
  },

  "what the server sends before it answers the join is delivered with it": async (t) => {
    const line = await t.line();
    line.hide = /^40/;
    const socket = t.open(line, { ...webSocket, nsp: "/plain" });
    const heard = [];
    socket.on("early", (n) => heard.push(n));
    socket.on("connect", () => heard.push("connect"));
    const opened = next(socket.io, "open");
    socket.connect();
    await opened;
    const held = collect(socket.io, "packet");
    line.say('42/plain,["early",1]');
    line.say('42/plain,["early",2]');
    await until("both to come", () => held.items.filter(([{ type }]) => type === 2).length === 2);
    equal([heard, socket.receiveBuffer.length], [[], 2], "heard, kept");
    line.say('40/plain,{"sid":"x"}');
    await until("the connection", () => heard.includes("connect"));
    equal(heard, [1, 2, "connect"], "heard");
  },

  "what the server sends right after its answer is heard by listeners of before": async (t) => {
    const socket = t.open(await t.line(), { ...webSocket, nsp: "/early" });
    const early = collect(socket, "early");
    socket.connect();
    equal(await early.count(2), [[1], [2]], "heard");
  },

  "disconnect keeps what waits for the next connect": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    socket.disconnect();
    socket.emit("echo", "kept");
    const came = next(socket, "echo");
    await t.connected(socket);
    equal(await came, ["kept"], "echo");
  },
};
