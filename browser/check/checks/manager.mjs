// behaviour.md §3.3: the Manager, and the engine that it has.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { ask, collect, next, until } from "../../../interop/js/lib/wait.mjs";
import { journal, polling, soon, upgrade, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.3";

const idle = { ...webSocket, autoConnect: false, reconnection: false };

/** A manager of a line that is not open, and the line. */
async function make(t, options) {
  const line = await t.line();
  return { line, manager: t.manager(line.url, { ...idle, ...options }) };
}

/** What a getter answers before and after it is told another value, and what telling it returns. */
const setter = (method, value) => (t) => {
  const manager = t.manager("http://setters.test", idle);
  const returned = manager[method](value);
  equal([returned === manager, manager[method]()], [true, value], `${method}: the manager, the value`);
};

/** A check of an event of the engine that a connection and a question bring about. */
const engineEvent = (event, options, accept = () => true) => async (t) => {
  const socket = t.open(await t.line(), options);
  socket.connect();
  const happened = next(socket.io.engine, event, accept);
  await t.connected(socket);
  socket.emit("echo", 1);
  return { args: await happened, socket };
};

const engineEmits = (event, options, accept) => async (t) => {
  await engineEvent(event, options, accept)(t);
};

/** A check of an event of the engine that a heartbeat brings about. */
const onHeartbeat = (event) => async (t) => {
  const line = await t.line();
  const socket = await t.connect(line, webSocket);
  const happened = next(socket.io.engine, event);
  line.say("2");
  await happened;
};

export const checks = {
  "open calls back once the connection is open": async (t) => {
    const { manager } = await make(t);
    const error = await new Promise((resolve) => manager.open(resolve));
    equal([error, manager.engine.readyState], [undefined, "open"], "error, state");
  },

  "open calls back with the error where there is no connection": async (t) => {
    const { line, manager } = await make(t);
    await line.close();
    const error = await new Promise((resolve) => manager.open(resolve));
    holds(error instanceof Error, "an error", error);
  },

  "open with a callback does not begin to reconnect": async (t) => {
    const clock = t.clock(1);
    const { line, manager } = await make(t, { ...soon });
    await line.close();
    await new Promise((resolve) => manager.open(resolve));
    equal(clock.delays.filter((delay) => delay <= 20), [], "timers of the next attempt");
  },

  "connect is open": async (t) => {
    const { manager } = await make(t);
    const error = await new Promise((resolve) => manager.connect(resolve));
    equal([error, manager.engine.readyState], [undefined, "open"], "error, state");
  },

  "open returns the manager, also a second time, and then does nothing": async (t) => {
    const { line, manager } = await make(t);
    equal([manager.open() === manager, manager.open() === manager], [true, true], "the manager");
    await next(manager, "open");
    manager.open();
    equal(line.requests.length, 1, "requests");
  },

  "socket makes a socket of a namespace, with the options of a socket": async (t) => {
    const { line, manager } = await make(t);
    const socket = manager.socket("/auth", { auth: { token: "secret" } });
    await t.connected(socket);
    equal([socket.nsp, line.sentLike(/^40/)], ["/auth", ['40/auth,{"token":"secret"}']], "namespace, CONNECT");
  },

  "reconnection is read, and set": setter("reconnection", false),
  "reconnectionAttempts is read, and set": setter("reconnectionAttempts", 3),
  "reconnectionDelay is read, and set": setter("reconnectionDelay", 30),
  "reconnectionDelayMax is read, and set": setter("reconnectionDelayMax", 40),
  "randomizationFactor is read, and set": setter("randomizationFactor", 0.1),
  "timeout is read, and set": setter("timeout", 50),

  "opts are the options that were given": (t) => {
    const manager = t.manager("http://opts.test", { ...idle, own: 7 });
    equal([manager.opts.own, manager.opts.transports], [7, ["websocket"]], "options");
  },

  "engine is the connection, which is another one after each reconnection": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const first = socket.io.engine;
    line.cut();
    await next(socket, "connect");
    equal([first.readyState, socket.io.engine === first], ["closed", false], "old state, same");
  },

  "event open: the connection is open": async (t) => {
    const { manager } = await make(t);
    const opened = next(manager, "open");
    manager.open();
    equal(await opened, [], "arguments");
  },

  "event error: it could not be opened": async (t) => {
    const { line, manager } = await make(t);
    await line.close();
    const failed = next(manager, "error");
    manager.open();
    const [error] = await failed;
    equal([error instanceof Error, error.type], [true, "TransportError"], "error, type");
  },

  "event ping: the server's heartbeat came": async (t) => {
    const { line, manager } = await make(t);
    await t.connected(manager.socket("/"));
    const came = next(manager, "ping");
    line.say("2");
    equal(await came, [], "arguments");
  },

  "event packet: a packet came, decoded": async (t) => {
    const { manager } = await make(t);
    const socket = await t.connected(manager.socket("/"));
    const came = next(manager, "packet", ({ type }) => type === 2);
    socket.emit("echo", "x");
    const [{ nsp, data }] = await came;
    equal([nsp, data], ["/", ["echo", "x"]], "namespace, data");
  },

  "event close: the connection has ended, for a reason": async (t) => {
    const { line, manager } = await make(t);
    await t.connected(manager.socket("/"));
    const closed = next(manager, "close");
    line.cut();
    const [reason, details] = await closed;
    equal([reason, typeof details], ["transport close", "object"], "reason, details");
  },

  "event reconnect_attempt: an attempt begins, of this number": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const attempts = collect(socket.io, "reconnect_attempt");
    await line.close();
    equal((await attempts.count(3)).slice(0, 3), [[1], [2], [3]], "attempts");
  },

  "event reconnect: it is back, with this attempt": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    await line.close();
    await next(socket.io, "reconnect_attempt", (n) => n === 2);
    await next(socket.io, "reconnect_error");
    const back = next(socket.io, "reconnect");
    await line.listen();
    const [attempt] = await back;
    holds(attempt >= 3, "three attempts or more", attempt);
  },

  "event reconnect_error: an attempt has failed": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const failed = next(socket.io, "reconnect_error");
    await line.close();
    const [error] = await failed;
    holds(error instanceof Error, "an error", error);
  },

  "event reconnect_failed: all attempts have failed": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon, reconnectionAttempts: 2 });
    const noted = journal(socket.io, "reconnect_attempt", "reconnect_error", "reconnect_failed");
    const failed = next(socket.io, "reconnect_failed");
    await line.close();
    equal(await failed, [], "arguments");
    await until("two errors", () => noted.filter((event) => event === "reconnect_error").length === 2);
    equal(noted.filter((event) => event === "reconnect_attempt").length, 2, "attempts");
  },

  "engine event open: it is open": engineEmits("open", webSocket),

  "engine event handshake: what the server has said of the connection": async (t) => {
    const { args } = await engineEvent("handshake", polling)(t);
    const [{ sid, ...rest }] = args;
    holds(/^[\w-]{20}$/.test(sid), "a session id", sid);
    equal(rest, { upgrades: ["websocket"], pingInterval: 25000, pingTimeout: 20000, maxPayload: 1000000 }, "handshake");
  },

  "engine event packet: a packet of Engine.IO came": engineEmits("packet", webSocket, ({ type }) => type === "open"),

  "engine event packetCreate: one is about to be sent": engineEmits(
    "packetCreate",
    webSocket,
    ({ type, data }) => type === "message" && data === '2["echo",1]',
  ),

  "engine event data: a message came": engineEmits("data", webSocket, (data) => data === '2["echo",1]'),
  "engine event message: is data by its other name": engineEmits("message", webSocket, (data) => data === '2["echo",1]'),
  "engine event drain: what was to be sent has left": engineEmits("drain", webSocket),
  "engine event flush: what waited is being sent": engineEmits("flush", webSocket),
  "engine event heartbeat: something came, so the server is there": engineEmits("heartbeat", webSocket),
  "engine event ping: the server's heartbeat came": onHeartbeat("ping"),
  "engine event pong: it was answered": onHeartbeat("pong"),

  "engine event error: the transport failed": async (t) => {
    const { line, manager } = await make(t);
    await line.close();
    manager.open(() => {});
    const [error] = await next(manager.engine, "error");
    equal(error.type, "TransportError", "type");
  },

  "engine event upgrading: the better transport answers": async (t) => {
    const { args } = await engineEvent("upgrading", upgrade)(t);
    equal(args[0].name, "websocket", "transport");
  },

  "engine event upgrade: the better transport is in use": async (t) => {
    const { args, socket } = await engineEvent("upgrade", upgrade)(t);
    equal([args[0].name, socket.io.engine.transport.name], ["websocket", "websocket"], "transport");
  },

  "engine event upgradeError: the better transport is no use, and the first goes on": async (t) => {
    const line = await t.line();
    line.fault = ({ method }) => (method === "WS" ? { status: 400 } : undefined);
    const socket = t.open(line, upgrade);
    socket.connect();
    const [error] = await next(socket.io.engine, "upgradeError");
    equal([error instanceof Error, error.transport], [true, "websocket"], "error, transport");
    equal(await ask(socket, "echo", "still"), "still", "echo");
  },

  "engine event close: it has ended, for a reason": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    const closed = next(socket.io.engine, "close");
    line.cut();
    equal((await closed)[0], "transport close", "reason");
  },

  "engine.id is the session's id, which no socket has": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    const { engineId, id } = await ask(socket, "whoami");
    equal([socket.io.engine.id, socket.id, id === engineId], [engineId, id, false], "ids");
  },

  "engine.transport.name says which transport is in use": async (t) => {
    for (const options of [webSocket, polling]) {
      const socket = await t.connect(await t.line(), options);
      equal(socket.io.engine.transport.name, options.transports[0], "transport");
    }
  },

  "engine.writeBuffer is what waits to be sent": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    const { engine } = socket.io;
    socket.emit("echo", 1);
    equal(engine.writeBuffer.length > 0, true, "something waits");
    await until("it to be sent", () => engine.writeBuffer.length === 0);
  },

  "engine.readyState says how it is": async (t) => {
    const { manager } = await make(t);
    manager.open();
    const { engine } = manager;
    const states = [engine.readyState];
    await next(manager, "open");
    states.push(engine.readyState);
    engine.close();
    await until("the end", () => engine.readyState === "closed");
    equal(states, ["opening", "open"], "states");
  },

  "engine.binaryType says what bytes come as": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    holds(["arraybuffer", "nodebuffer"].includes(socket.io.engine.binaryType), "a type", socket.io.engine.binaryType);
  },

  "engine.close ends the connection, and it is reconnected": async (t) => {
    const socket = await t.connect(await t.line(), { ...webSocket, ...soon });
    const { id } = socket;
    socket.io.engine.close();
    await next(socket, "connect");
    equal(socket.id === id, false, "the same id");
  },
};
