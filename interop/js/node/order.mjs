// 10,000 events in one go keep their order, in each direction, on a settled
// connection and on one that is moving from polling to WebSocket meanwhile.

import { equal, holds } from "../lib/expect.mjs";
import { where } from "../lib/runner.mjs";
import { collect, next, settle } from "../lib/wait.mjs";

const EVENTS = 10_000;
const IN_FLIGHT = 200;
const LIMIT_MS = 20_000;

/** Checks that the events carry 0, 1, 2 … without a gap or a repetition. */
function inOrder(items, what) {
  const wrong = items.findIndex(([i], position) => i !== position);
  holds(wrong === -1, `${what} ${wrong} in its place`, items[wrong]);
  equal(items.length, EVENTS, `number of ${what}s`);
}

function emitAll(socket) {
  for (let i = 0; i < EVENTS; i++) socket.emit("echo", i);
}

const upgrades = (t) => t.mode === "upgrade";

/** Begins the upgrade of a client that was told not to upgrade by itself. */
function beginUpgrade(engine) {
  const probe = engine.probe ?? engine._probe;
  probe.call(engine, "websocket");
}

/** Keeps IN_FLIGHT echoes under way until all events are emitted; returns what came back. */
function emitContinuously(socket) {
  const echoed = collect(socket, "echo");
  let emitted = 0;
  const emitMore = () => {
    while (emitted < EVENTS && emitted - echoed.items.length < IN_FLIGHT) socket.emit("echo", emitted++);
  };
  socket.on("echo", emitMore);
  emitMore();
  return echoed;
}

export const matrix = {
  "10,000 events in one go from the server arrive in order": async (t) => {
    const socket = await t.connect();
    const ticks = collect(socket, "tick");
    socket.emit("burst", EVENTS);
    await ticks.count(EVENTS, LIMIT_MS);
    await settle(socket);
    inOrder(ticks.items, "tick");
  },

  "10,000 events in one go from the client reach the server in order": async (t) => {
    const socket = await t.connect();
    const echoed = collect(socket, "echo");
    emitAll(socket);
    await echoed.count(EVENTS, LIMIT_MS);
    await settle(socket);
    inOrder(echoed.items, "echo");
  },

  "10,000 events in one go from the server arrive in order while the upgrade goes on": where(upgrades, async (t) => {
    const socket = await t.connect({ upgrade: false, upgrades: false });
    const ticks = collect(socket, "tick");
    const upgraded = next(socket.io.engine, "upgrade");
    socket.emit("burst", EVENTS);
    beginUpgrade(socket.io.engine);
    await upgraded;
    await ticks.count(EVENTS, LIMIT_MS);
    await settle(socket);
    inOrder(ticks.items, "tick");
  }),

  "10,000 events in one go from the client reach the server in order while the upgrade goes on": where(upgrades, async (t) => {
    const socket = t.open();
    const echoed = collect(socket, "echo");
    socket.once("connect", () => emitAll(socket));
    socket.connect();
    await next(socket.io.engine, "upgrade");
    await echoed.count(EVENTS, LIMIT_MS);
    await settle(socket);
    inOrder(echoed.items, "echo");
  }),

  "10,000 events in flight before, during and after the upgrade keep their order both ways": where(upgrades, async (t) => {
    const socket = await t.connect({ upgrade: false, upgrades: false });
    const { engine } = socket.io;
    const echoed = emitContinuously(socket);
    await echoed.count(EVENTS / 10, LIMIT_MS);
    const upgraded = next(engine, "upgrade");
    beginUpgrade(engine);
    await upgraded;
    const before = echoed.items.length;
    holds(before < EVENTS, "events left to come after the upgrade", before);
    await echoed.count(EVENTS, LIMIT_MS);
    await settle(socket);
    equal(engine.transport.name, "websocket", "transport");
    inOrder(echoed.items, "echo");
  }),
};
