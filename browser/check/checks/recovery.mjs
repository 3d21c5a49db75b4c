// behaviour.md §3.8: connection state recovery, as the client has its part in it.

import { equal } from "../../../interop/js/lib/expect.mjs";
import { ask, collect, next, settle } from "../../../interop/js/lib/wait.mjs";
import { polling, soon, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.8";

const recovering = { ...webSocket, ...soon, path: "/rec/" };

/** A socket that has received an event, so that it knows how far it has come. */
async function begun(t, options) {
  const line = await t.line();
  const socket = await t.connect(line, { ...recovering, ...options });
  await roundTrip(socket);
  return { line, socket };
}

async function roundTrip(socket) {
  const came = next(socket, "echo");
  socket.emit("echo", 1);
  await came;
}

/** The CONNECT packets that the client has sent, as objects. */
const joins = (line) => line.sentLike(/^40/).map((packet) => (packet === "40" ? undefined : JSON.parse(packet.slice(2))));

export const checks = {
  "the first connection asks for no recovery": async (t) => {
    const { line, socket } = await begun(t);
    equal([joins(line), Boolean(socket.recovered)], [[undefined], false], "CONNECT, recovered");
  },

  "a connection that comes back names its session, and how far it has come": async (t) => {
    const { line, socket } = await begun(t);
    const [, pid] = line.got.map(({ packet }) => String(packet).match(/^40\{.*"pid":"([^"]+)"/)).find(Boolean);
    const offset = JSON.parse(line.got.map(({ packet }) => String(packet)).find((packet) => packet.startsWith("42")).slice(2)).at(-1);
    const back = next(socket, "connect");
    line.cut();
    await back;
    equal(joins(line)[1], { pid, offset }, "CONNECT");
  },

  "what was recovered keeps its id, and says so": async (t) => {
    const { line, socket } = await begun(t);
    const { id } = socket;
    const back = next(socket, "connect");
    line.cut();
    await back;
    equal([socket.id === id, socket.recovered], [true, true], "same id, recovered");
  },

  "what was missed comes before the listeners of connect are called": async (t) => {
    const { line, socket } = await begun(t);
    const { id } = socket;
    const other = await t.connect(await t.line(), recovering);
    const order = [];
    socket.on("missed", (n) => order.push(n));
    socket.on("connect", () => order.push("connect"));
    const back = next(socket, "connect");
    line.hide = /^4/;
    // To this one alone, as another client is checked on the same server at the same time.
    for (const n of [1, 2]) await ask(other, "op", { via: "io", to: [id], event: "missed", args: [n] });
    line.cut(); // before what is hidden may come through: it may be on its way still
    line.hide = undefined;
    await back;
    equal(order, [1, 2, "connect"], "order");
  },

  "the listeners get the offset as one more argument": async (t) => {
    const { socket } = await begun(t);
    const came = next(socket, "echo");
    socket.emit("echo", "a");
    const args = await came;
    equal([args.length, args[0], typeof args[1]], [2, "a", "string"], "arguments");
  },

  "auth is sent beside it, and goes before it": async (t) => {
    const { line, socket } = await begun(t, { auth: { token: "x", offset: "own" } });
    line.cut();
    await next(socket, "connect");
    const { pid, ...rest } = joins(line)[1];
    equal([typeof pid, rest], ["string", { token: "x", offset: "own" }], "CONNECT");
  },

  "without an event nothing is recovered": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, recovering);
    const { id } = socket;
    line.cut();
    await next(socket, "connect");
    equal(["offset" in joins(line)[1], Boolean(socket.recovered), socket.id === id], [false, false, false], "offset, recovered, same id");
  },

  "disconnect and connect name the session, but it is not recovered": async (t) => {
    const { line, socket } = await begun(t);
    const { id } = socket;
    socket.disconnect();
    await t.connected(socket);
    equal([typeof joins(line)[1].pid, Boolean(socket.recovered), socket.id === id], ["string", false, false], "pid, recovered, same id");
  },

  "a server that has forgotten it begins anew": async (t) => {
    const { line, socket } = await begun(t);
    const { id } = socket;
    socket.auth = { pid: "nobody's" };
    line.cut();
    await next(socket, "connect");
    equal([Boolean(socket.recovered), socket.id === id], [false, false], "recovered, same id");
  },

  "recovery works by polling, too": async (t) => {
    const { line, socket } = await begun(t, polling);
    const { id } = socket;
    socket.io.engine.close();
    await next(socket, "connect");
    equal([socket.id === id, socket.recovered], [true, true], "same id, recovered");
  },

  "after a recovery all goes on, and again": async (t) => {
    const { line, socket } = await begun(t);
    const { id } = socket;
    for (let i = 0; i < 3; i++) {
      const back = next(socket, "connect");
      line.cut();
      await back;
      await roundTrip(socket);
    }
    equal([socket.id === id, socket.recovered], [true, true], "same id, recovered");
    const echoes = collect(socket, "echo");
    await settle(socket);
    equal([echoes.items, (await ask(socket, "whoami")).recovered], [[], true], "echoes, at the server");
  },
};
