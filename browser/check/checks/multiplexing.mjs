// behaviour.md §3.9: several namespaces on one connection, and its end.

import { equal } from "../../../interop/js/lib/expect.mjs";
import { ask, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { journal, soon, upgrade, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.9";

/** Two connected sockets of one connection. */
async function two(t, options) {
  const line = await t.line();
  const first = await t.connect(line, { ...webSocket, ...options });
  const second = await t.connected(first.io.socket("/plain"));
  return { line, first, second };
}

export const checks = {
  "sockets of one manager share its connection": async (t) => {
    const { line, first, second } = await two(t);
    equal(line.requests.length, 1, "requests");
    equal([await ask(first, "echo", 1), await ask(second, "echo", 2)], [1, 2], "echoes");
  },

  "each socket has an id of its own": async (t) => {
    const { first, second } = await two(t);
    equal(first.id === second.id, false, "the same");
  },

  "events and acknowledgements reach the socket of their namespace alone": async (t) => {
    const { first, second } = await two(t);
    const noted = journal(first, "echo");
    const came = next(second, "echo");
    second.emit("echo", 1);
    await came;
    await settle(first);
    equal(noted, [], "events of the other");
  },

  "disconnect leaves the namespace, and the others stay": async (t) => {
    const { line, first, second } = await two(t);
    second.disconnect();
    await line.hears(/^41\/plain,$/);
    equal([await ask(first, "echo", 1), first.connected, second.connected], [1, true, false], "echo, connected");
  },

  "the connection is closed when nobody is active any more": async (t) => {
    const { first, second } = await two(t);
    const { engine } = first.io;
    first.disconnect();
    await settle(second);
    equal(engine.readyState, "open", "state with one");
    second.disconnect();
    await until("the end", () => engine.readyState === "closed");
  },

  "what was emitted before disconnect still arrives": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, upgrade);
    for (let i = 0; i < 5; i++) socket.emit("echo", i);
    socket.disconnect();
    await line.hears(/^41$/);
    equal(line.sentLike(/^4[21]/), ['42["echo",0]', '42["echo",1]', '42["echo",2]', '42["echo",3]', '42["echo",4]', "41"], "packets");
  },

  "manager.socket returns the socket that is there": async (t) => {
    const { first, second } = await two(t);
    equal(first.io.socket("/plain") === second, true, "the same");
  },

  "manager.socket connects one that has left": async (t) => {
    const line = await t.line();
    const first = t.io(line.url, { ...webSocket, forceNew: true });
    const second = first.io.socket("/plain");
    await next(second, "connect");
    second.disconnect();
    const back = next(second, "connect");
    first.io.socket("/plain");
    await back;
    equal(second.connected, true, "connected");
  },

  "manager.socket does not with autoConnect: false": async (t) => {
    const { first, second } = await two(t);
    second.disconnect();
    first.io.socket("/plain");
    await settle(first);
    equal(second.active, false, "active");
  },

  "the server's DISCONNECT is of one namespace, which becomes inactive": async (t) => {
    const { first, second } = await two(t, soon);
    const ended = next(second, "disconnect");
    second.emit("disconnect-me", false);
    equal((await ended)[0], "io server disconnect", "reason");
    await settle(first);
    equal([second.active, first.connected], [false, true], "active, the other connected");
  },

  "after the server's DISCONNECT connect joins again": async (t) => {
    const { second } = await two(t);
    const ended = next(second, "disconnect");
    second.emit("disconnect-me", false);
    await ended;
    await t.connected(second);
    equal(await ask(second, "echo", 1), 1, "echo");
  },

  "a namespace may disconnect as soon as it is joined": async (t) => {
    const line = await t.line();
    const first = await t.connect(line, webSocket);
    const bye = first.io.socket("/bye");
    const ended = next(bye, "disconnect");
    bye.connect();
    equal((await ended)[0], "io server disconnect", "reason");
    equal(await ask(first, "echo", 1), 1, "echo of the other");
  },

  "a refused namespace leaves the others alone": async (t) => {
    const line = await t.line();
    const first = await t.connect(line, webSocket);
    const refused = first.io.socket("/refuse");
    const told = next(refused, "connect_error");
    refused.connect();
    equal((await told)[0].message, "nope", "message");
    equal(await ask(first, "echo", 1), 1, "echo");
  },

  "all sockets hear that the connection is lost": async (t) => {
    const { line, first, second } = await two(t);
    const both = Promise.all([next(first, "disconnect"), next(second, "disconnect")]);
    line.cut();
    equal((await both).map(([reason]) => reason), ["transport close", "transport close"], "reasons");
  },

  "a namespace with a query in its URI is joined without it": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, nsp: "/plain?x=1" });
    equal([socket.nsp, line.sentLike(/^40/)], ["/plain", ["40/plain,"]], "namespace, CONNECT");
  },

  "a namespace may be one that the server makes on demand": async (t) => {
    const socket = t.open(await t.line(), { ...webSocket, nsp: "/dyn-42" });
    const named = next(socket, "nsp");
    socket.connect();
    equal(await named, ["/dyn-42"], "name");
  },
};
