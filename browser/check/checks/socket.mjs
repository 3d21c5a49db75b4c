// behaviour.md §3.4: the socket of a namespace.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { acknowledgement, ask, collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { journal, polling, soon, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.4";

const connect = async (t, options) => t.connect(await t.line(), { ...webSocket, ...options });

/** How the connection of a socket ends when that is done to its line. */
const endsWith = (want, act, options) => async (t) => {
  const line = await t.line();
  const socket = await t.connect(line, { ...webSocket, ...options });
  const ended = next(socket, "disconnect");
  await act(line, socket, t);
  const [reason] = await ended;
  equal(reason, want, "reason");
};

/** How it ends when the server falls silent, and the time of a heartbeat passes. */
const fallsSilent = (transport) => async (t) => {
  const line = await t.line();
  const clock = t.clock(1000);
  const socket = await t.connect(line, { ...transport, timeout: false });
  const ended = next(socket, "disconnect");
  line.silent = true;
  clock.pass(45_000);
  equal((await ended)[0], "ping timeout", "reason");
};

const reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

export const checks = {
  "id is undefined until the namespace is joined, and once it is left": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    const ids = [socket.id];
    await t.connected(socket);
    holds(/^[\w-]{20}$/.test(socket.id), "an id", socket.id);
    socket.disconnect();
    equal([...ids, socket.id], [undefined, undefined], "ids");
  },

  "id is undefined in the listeners of disconnect": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const id = new Promise((resolve) => socket.on("disconnect", () => resolve(socket.id)));
    line.cut();
    equal(await id, undefined, "id");
  },

  "connected and disconnected say how it is": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    const how = [[socket.connected, socket.disconnected]];
    await t.connected(socket);
    how.push([socket.connected, socket.disconnected]);
    socket.disconnect();
    how.push([socket.connected, socket.disconnected]);
    equal(how, [[false, true], [true, false], [false, true]], "connected, disconnected");
  },

  "active says whether it is connected or will be": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, ...soon });
    const active = [socket.active];
    await t.connected(socket);
    active.push(socket.active);
    const lost = next(socket, "disconnect");
    line.cut();
    await lost;
    active.push(socket.active);
    socket.disconnect();
    active.push(socket.active);
    equal(active, [false, true, true, false], "before, connected, lost, left");
  },

  "recovered is false without recovery": async (t) => equal(Boolean((await connect(t)).recovered), false, "recovered"),

  "auth can be read and changed": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, auth: { a: 1 } });
    const before = socket.auth;
    socket.auth = { a: 2 };
    await t.connected(socket);
    equal([before, line.sentLike(/^40/)], [{ a: 1 }, ['40{"a":2}']], "auth, CONNECT");
  },

  "io is the manager": async (t) => {
    const socket = await connect(t);
    equal(socket.io instanceof t.client.Manager, true, "a manager");
  },

  "sendBuffer is what waits for the connection": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    socket.emit("echo", 1);
    const waiting = socket.sendBuffer.length;
    await t.connected(socket);
    equal([waiting, socket.sendBuffer], [1, []], "before, after");
  },

  "receiveBuffer is empty while the socket is connected": async (t) => equal((await connect(t)).receiveBuffer, [], "receiveBuffer"),

  "connect connects and returns the socket, and open is the same": async (t) => {
    for (const method of ["connect", "open"]) {
      const socket = t.open(await t.line(), webSocket);
      equal(socket[method]() === socket, true, method);
      await next(socket, "connect");
    }
  },

  "connect does nothing on a connected socket": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.connect();
    await settle(socket);
    equal(line.sentLike(/^40/).length, 1, "CONNECT packets");
  },

  "disconnect leaves and returns the socket, and close is the same": async (t) => {
    for (const method of ["disconnect", "close"]) {
      const line = await t.line();
      const socket = await t.connect(line, webSocket);
      equal([socket[method]() === socket, socket.connected], [true, false], method);
      await line.hears(/^41$/);
    }
  },

  "disconnect before the connection is there ends the attempt": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    socket.connect();
    const { engine } = socket.io;
    socket.disconnect();
    await until("the end of the attempt", () => engine.readyState === "closed");
    equal([socket.connected, socket.active], [false, false], "connected, active");
  },

  "disconnect before the connection is there emits no disconnect": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    const noted = journal(socket, "connect", "disconnect");
    socket.connect();
    const { engine } = socket.io;
    socket.disconnect();
    await until("the end of the attempt", () => engine.readyState === "closed");
    equal(noted, [], "events");
  },

  "connect after disconnect connects anew": async (t) => {
    const socket = await connect(t);
    const { id } = socket;
    socket.disconnect();
    await t.connected(socket);
    equal([socket.connected, socket.id === id], [true, false], "connected, same id");
  },

  "emit sends an event with any number of arguments, and returns the socket": async (t) => {
    const socket = await connect(t);
    const came = next(socket, "echo");
    equal(socket.emit("echo", 1, "two", { three: [3] }, null, true) === socket, true, "the socket");
    equal(await came, [1, "two", { three: [3] }, null, true], "arguments");
  },

  "emit with a function as the last argument is answered by it": async (t) => {
    equal(await acknowledgement(await connect(t), "echo", 1, { two: 2 }), [1, { two: 2 }], "arguments of the answer");
  },

  "emit passes bytes at any depth": async (t) => {
    const socket = await connect(t);
    const sent = ["x", { deep: [new Uint8Array([1, 2]).buffer, Uint8Array.of(3)] }];
    equal(await ask(socket, "describe", ...sent), ["x", { deep: [{ bin: "0102" }, { bin: "03" }] }], "what came");
  },

  "emit passes all kinds of views, and no more than they show": async (t) => {
    const socket = await connect(t);
    const { buffer } = Uint8Array.of(9, 1, 2, 9);
    const views = [new DataView(buffer, 1, 2), new Int8Array(buffer, 1, 2), new Uint8ClampedArray(buffer, 1, 2)];
    equal(await ask(socket, "describe", ...views), [{ bin: "0102" }, { bin: "0102" }, { bin: "0102" }], "what came");
  },

  "emit passes a Date as text, and leaves undefined out of objects": async (t) => {
    const socket = await connect(t);
    const date = new Date(0);
    equal(await ask(socket, "echo", { date, gone: undefined }), { date: date.toISOString() }, "what came");
  },

  "emit of undefined in a list is null": async (t) => {
    equal(await acknowledgement(await connect(t), "echo", undefined, 1), [null, 1], "what came");
  },

  "emit does not change its arguments": async (t) => {
    const socket = await connect(t);
    const bytes = Uint8Array.of(1);
    const given = { bytes, list: [bytes] };
    await ask(socket, "echo", given);
    equal([given.bytes === bytes, given.list[0] === bytes], [true, true], "the same bytes");
  },

  "emit of a number is an event of that name": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.emit(7, "x");
    equal(await line.hears(/^42\[7/), ['42[7,"x"]'], "packet");
  },

  "emitWithAck resolves with the first argument of the answer": async (t) => {
    equal(await (await connect(t)).emitWithAck("echo", "a", "b"), "a", "the answer");
  },

  "emitWithAck with a timeout rejects when none comes": async (t) => {
    const socket = await connect(t);
    const message = await socket.timeout(10).emitWithAck("no-ack").catch((error) => error.message);
    equal(message, "operation has timed out", "error");
  },

  "timeout gives the acknowledgement an error as its first argument, or null": async (t) => {
    const socket = await connect(t);
    equal(await acknowledgement(socket.timeout(10_000), "echo", 1), [null, 1], "answered");
    const [error] = await acknowledgement(socket.timeout(10), "no-ack");
    equal(error.message, "operation has timed out", "not answered");
  },

  "timeout is of one emit alone": async (t) => {
    const socket = await connect(t);
    await acknowledgement(socket.timeout(10_000), "echo", 1);
    equal(await acknowledgement(socket, "echo", 1), [1], "arguments of the next");
  },

  "an acknowledgement that comes too late is dropped": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    let calls = 0;
    socket.timeout(5).emit("late-ack", 60, () => calls++);
    await line.tells(/^430\[60\]$/);
    await settle(socket);
    equal(calls, 1, "calls");
  },

  "an acknowledgement is called once": async (t) => {
    const socket = await connect(t);
    let calls = 0;
    socket.emit("double-ack", () => calls++);
    await settle(socket);
    equal(calls, 1, "calls");
  },

  "an event of the server is answered by its last argument": async (t) => {
    const socket = await connect(t);
    socket.on("question", (a, reply) => reply(a + 1, "more"));
    equal(await ask(socket, "ask", "question", [41], 10_000), { ok: true, value: [42, "more"] }, "answer");
  },

  "an event of the server is answered once": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.on("question", (reply) => {
      reply(1);
      reply(2);
    });
    await ask(socket, "ask", "question", [], 10_000);
    await settle(socket);
    equal(line.sentLike(/^43/).length, 1, "ACK packets");
  },

  "an event of the server is answered with bytes, too": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.on("question", (reply) => reply(Uint8Array.of(5)));
    await ask(socket, "ask", "question", [], 10_000);
    equal(line.sentLike(/^46/).length, 1, "BINARY_ACK packets");
  },

  "send is emit of message": async (t) => {
    const socket = await connect(t);
    const came = next(socket, "message");
    equal(socket.send("a", 2) === socket, true, "the socket");
    equal(await came, ["a", 2], "arguments");
  },

  "volatile sends what can be sent now": async (t) => {
    const socket = await connect(t);
    await settle(socket);
    const came = next(socket, "echo");
    socket.volatile.emit("echo", "v");
    equal(await came, ["v"], "arguments");
  },

  "compress is accepted, and returns the socket": async (t) => {
    const socket = await connect(t);
    equal(socket.compress(false) === socket, true, "the socket");
    equal(await ask(socket.compress(true), "echo", 1), 1, "echo");
  },

  "onAny listens to all events, before the listeners of the event": async (t) => {
    const socket = await connect(t);
    const heard = [];
    socket.onAny((event, ...args) => heard.push(["any", event, ...args]));
    socket.on("echo", (...args) => heard.push(["on", ...args]));
    socket.emit("echo", 1, 2);
    await settle(socket);
    equal(heard, [["any", "echo", 1, 2], ["on", 1, 2]], "heard");
  },

  "prependAny listens before the others": async (t) => {
    const socket = await connect(t);
    const heard = [];
    socket.onAny(() => heard.push("second"));
    socket.prependAny(() => heard.push("first"));
    socket.emit("echo");
    await settle(socket);
    equal(heard, ["first", "second"], "order");
  },

  "offAny removes one listener, or all": async (t) => {
    const socket = await connect(t);
    const [a, b, c] = [() => {}, () => {}, () => {}];
    socket.onAny(a).onAny(b).onAny(c);
    socket.offAny(b);
    const left = [...socket.listenersAny()];
    socket.offAny();
    equal([left[0] === a, left[1] === c, left.length, socket.listenersAny().length], [true, true, 2, 0], "listeners");
  },

  "onAny does not hear connect, disconnect and connect_error": async (t) => {
    const line = await t.line();
    const socket = t.open(line, webSocket);
    const heard = [];
    socket.onAny((event) => heard.push(event));
    await t.connected(socket);
    const gone = next(socket, "disconnect");
    line.cut();
    await gone;
    equal(heard, [], "heard");
  },

  "onAnyOutgoing hears what is sent, when it is sent": async (t) => {
    const socket = t.open(await t.line(), webSocket);
    const heard = [];
    socket.onAnyOutgoing((event, ...args) => heard.push([event, ...args.filter((arg) => typeof arg !== "function")]));
    socket.emit("echo", "waits");
    equal(heard, [], "before the connection");
    await t.connected(socket);
    socket.emit("echo", "goes");
    equal(heard, [["echo", "waits"], ["echo", "goes"]], "heard");
  },

  "onAnyOutgoing does not hear acknowledgements": async (t) => {
    const socket = await connect(t);
    const heard = [];
    socket.onAnyOutgoing((event) => heard.push(event));
    socket.on("question", (reply) => reply());
    await ask(socket, "ask", "question", [], 10_000);
    equal(heard, ["ask"], "heard");
  },

  "prependAnyOutgoing, offAnyOutgoing and listenersAnyOutgoing are like those of onAny": async (t) => {
    const socket = await connect(t);
    const [a, b, c] = [() => {}, () => {}, () => {}];
    socket.onAnyOutgoing(b).prependAnyOutgoing(a).onAnyOutgoing(c);
    socket.offAnyOutgoing(b);
    const left = [...socket.listenersAnyOutgoing()];
    socket.offAnyOutgoing();
    equal([left[0] === a, left[1] === c, left.length, socket.listenersAnyOutgoing().length], [true, true, 2, 0], "listeners");
  },

  "on and off add and remove a listener": async (t) => {
    const socket = await connect(t);
    const heard = [];
    const listener = (arg) => heard.push(arg);
    socket.on("echo", listener);
    await roundTrip(socket, 1);
    socket.off("echo", listener);
    await roundTrip(socket, 2);
    equal(heard, [1], "heard");
  },

  "once listens once": async (t) => {
    const socket = await connect(t);
    const heard = [];
    socket.once("echo", (arg) => heard.push(arg));
    await roundTrip(socket, 1);
    await roundTrip(socket, 2);
    equal(heard, [1], "heard");
  },

  "off removes a listener that once has added": (t) => {
    const socket = t.open("http://emitters.test");
    const listener = () => {};
    socket.once("x", listener);
    socket.off("x", listener);
    equal(socket.hasListeners("x"), false, "listens");
  },

  "off without a listener removes those of the event, and without an event all": (t) => {
    const socket = t.open("http://emitters.test");
    for (const event of ["a", "a", "b", "c"]) socket.on(event, () => {});
    socket.off("a");
    equal(["a", "b", "c"].map((event) => socket.hasListeners(event)), [false, true, true], "listens");
    socket.off();
    equal(["b", "c"].map((event) => socket.hasListeners(event)), [false, false], "listens");
  },

  "listeners and hasListeners tell who listens": (t) => {
    const socket = t.open("http://emitters.test");
    const listener = () => {};
    equal([socket.listeners("x"), socket.hasListeners("x")], [[], false], "nobody");
    socket.on("x", listener);
    equal([socket.listeners("x").length, socket.listeners("x")[0] === listener, socket.hasListeners("x")], [1, true, true], "one");
  },

  "addListener, removeListener, removeAllListeners and addEventListener's kin are there": (t) => {
    const socket = t.open("http://emitters.test");
    const listener = () => {};
    socket.addEventListener("x", listener);
    socket.removeListener("x", listener);
    socket.on("x", listener);
    socket.removeEventListener("x", listener);
    socket.on("x", listener);
    socket.removeAllListeners("x");
    equal(socket.hasListeners("x"), false, "listens");
  },

  "a listener that is removed while an event is dispatched does not keep others from it": async (t) => {
    const socket = await connect(t);
    const heard = [];
    socket.once("echo", () => heard.push("once"));
    socket.on("echo", () => heard.push("on"));
    await roundTrip(socket, 1);
    equal(heard, ["once", "on"], "heard");
  },

  "event connect: at first, and after each reconnection": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, ...soon });
    const connects = collect(socket, "connect");
    socket.connect();
    await connects.count(1);
    line.cut();
    await connects.count(2);
    line.cut();
    equal(await connects.count(3), [[], [], []], "arguments");
  },

  "event connect_error: there is no connection": async (t) => {
    const line = await t.line();
    await line.close();
    const socket = t.open(line, webSocket);
    const failed = next(socket, "connect_error");
    socket.connect();
    const [error] = await failed;
    equal([error instanceof Error, error.message, error.type], [true, "websocket error", "TransportError"], "error");
  },

  "event connect_error: polling's failure has the status as its description": async (t) => {
    const line = await t.line();
    line.fault = () => ({ status: 418 });
    const socket = t.open(line, polling);
    const failed = next(socket, "connect_error");
    socket.connect();
    const [error] = await failed;
    equal([error.message, error.description, error.type], ["xhr poll error", 418, "TransportError"], "error");
  },

  "event connect_error: the server's refusal has its message and data": async (t) => {
    const socket = t.open(await t.line(), { ...webSocket, nsp: "/auth" });
    const refused = next(socket, "connect_error");
    socket.connect();
    const [error] = await refused;
    equal([error instanceof Error, error.message, error.data], [true, "not authorized", { code: "E_AUTH", hint: { retry: false } }], "error");
  },

  "event connect_error: an unknown namespace is refused": async (t) => {
    const socket = t.open(await t.line(), { ...webSocket, nsp: "/nobody-knows" });
    const refused = next(socket, "connect_error");
    socket.connect();
    equal((await refused)[0].message, "Invalid namespace", "message");
  },

  "event connect_error: a server of version 2 is told apart": async (t) => {
    const line = await t.line();
    const socket = t.open(line, webSocket);
    const failed = next(socket, "connect_error");
    socket.connect();
    await next(socket.io, "open");
    line.say("40");
    const [{ message }] = await failed;
    holds(/\bv?(ersion )?2\b/.test(message), "a word of version 2", message);
  },

  "event disconnect: has a reason and details": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const ended = next(socket, "disconnect");
    line.cut();
    const [reason, details] = await ended;
    equal([reason, details.description], ["transport close", "websocket connection closed"], "reason, description");
    equal(details.context.code, 1006, "code of the WebSocket");
  },

  "reserved names cannot be emitted": (t) => {
    const socket = t.open("http://reserved.test");
    const refused = reserved.filter((name) => {
      try {
        socket.emit(name);
      } catch (error) {
        return error.message === `"${name}" is a reserved event name`;
      }
    });
    equal(refused, reserved, "refused");
  },

  "reason io server disconnect: the server has sent it away, and it stays away": async (t) => {
    const socket = await connect(t, soon);
    const ended = next(socket, "disconnect");
    socket.emit("disconnect-me", false);
    equal([(await ended)[0], socket.active], ["io server disconnect", false], "reason, active");
  },

  "reason io client disconnect: disconnect was called": endsWith("io client disconnect", (_, socket) => queueMicrotask(() => socket.disconnect())),
  "reason ping timeout: no heartbeat came": fallsSilent(webSocket),
  "reason ping timeout: the same by polling": fallsSilent(polling),
  "reason transport close: the WebSocket was closed": endsWith("transport close", (line) => line.hangUp(1000)),
  "reason transport error: a poll failed": endsWith("transport error", (line) => line.cut(), polling),
  "reason parse error: what came is no packet": endsWith("parse error", (line) => line.say("4nonsense")),
  "reason parse error: bytes that no packet has announced": endsWith("parse error", (line) => line.say(Buffer.from([1]))),
  "reason parse error: too few attachments before the next packet": endsWith("parse error", (line) => {
    line.say('451-["x",{"_placeholder":true,"num":0}]');
    line.say('42["y"]');
  }),
  "reason parse error: a reserved name as an event": endsWith("parse error", (line) => line.say('42["disconnect"]')),
  "reason forced close: the program has closed the engine": endsWith("forced close", (_, socket) => socket.io.engine.close()),

  "a parse error is followed by a reconnection": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    line.say("4nonsense");
    await next(socket, "connect");
    equal(socket.connected, true, "connected");
  },

  "after the server's refusal it is not active, and is not tried again": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, ...soon, nsp: "/refuse" });
    const refused = next(socket, "connect_error");
    socket.connect();
    equal([(await refused)[0].message, socket.active], ["nope", false], "message, active");
    const other = t.io(line.url, { ...webSocket, forceNew: true });
    await next(other, "connect");
    equal(line.sentLike(/^40\/refuse/).length, 1, "attempts");
  },

  "after a refusal connect tries again": async (t) => {
    const socket = t.open(await t.line(), { ...webSocket, nsp: "/auth", auth: { token: "wrong" } });
    const refused = next(socket, "connect_error");
    socket.connect();
    await refused;
    socket.auth.token = "secret";
    await t.connected(socket);
    equal(socket.connected, true, "connected");
  },

  "after a failure of the connection it is active": async (t) => {
    const line = await t.line();
    await line.close();
    const socket = t.open(line, { ...webSocket, ...soon });
    const failed = next(socket, "connect_error");
    socket.connect();
    await failed;
    equal(socket.active, true, "active");
  },

  "a listener that throws does not end the connection": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const thrown = new Promise((resolve) => process.prependOnceListener("uncaughtException", resolve));
    const others = process.listeners("uncaughtException").slice(1);
    for (const other of others) process.off("uncaughtException", other);
    t.defer(() => others.forEach((other) => process.on("uncaughtException", other)));
    socket.once("echo", () => {
      throw new Error("by the listener");
    });
    socket.emit("echo");
    equal((await thrown).message, "by the listener", "what was thrown");
    await settle(socket);
    equal(socket.connected, true, "connected");
  },
};

async function roundTrip(socket, value) {
  socket.emit("echo", value);
  await settle(socket);
}
