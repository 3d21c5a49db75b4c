// 10,000 events in one go keep their order, in each direction, on a settled
// connection and on one that is moving from polling to WebSocket meanwhile.

import { equal, holds } from "../lib/expect.mjs";
import { where } from "../lib/runner.mjs";
import { collect, next, settle } from "../lib/wait.mjs";

const EVENTS = 10_000;
const LIMIT_MS = 20_000;

/** Checks that the events carry 0, 1, 2 … without a gap or a repetition. */
function inOrder(items, what) {
  const wrong = items.findIndex(([i], position) => i !== position);
  holds(wrong === -1, `${what} ${wrong} at its place`, items[wrong]);
  equal(items.length, EVENTS, `number of ${what}s`);
}

function emitAll(socket) {
  for (let i = 0; i < EVENTS; i++) socket.emit("echo", i);
}

const upgrading = (t) => t.mode === "upgrade";

/**
 * Opens a connection that will upgrade and calls `go` with the socket at the
 * given moment; resolves when the upgrade is done.
 */
async function whileUpgrading(socket, moment, go) {
  socket.connect();
  const { engine } = socket.io;
  const upgraded = next(engine, "upgrade");
  const emitter = { connect: socket, upgrading: engine }[moment];
  emitter.once(moment, () => go(socket));
  await upgraded;
  equal(engine.transport.name, "websocket", "transport after the upgrade");
}

function whileUpgradingTests(moment) {
  return {
    [`10,000 events from the server arrive in order while the upgrade goes on, starting at ${moment}`]: where(upgrading, async (t) => {
      const socket = t.open();
      const ticks = collect(socket, "tick");
      await whileUpgrading(socket, moment, () => socket.emit("burst", EVENTS));
      await ticks.count(EVENTS, LIMIT_MS);
      await settle(socket);
      inOrder(ticks.items, "tick");
    }),

    [`10,000 events from the client arrive in order while the upgrade goes on, starting at ${moment}`]: where(upgrading, async (t) => {
      const socket = t.open();
      const echoed = collect(socket, "echo");
      await whileUpgrading(socket, moment, emitAll);
      await echoed.count(EVENTS, LIMIT_MS);
      await settle(socket);
      inOrder(echoed.items, "echo");
    }),
  };
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

  ...whileUpgradingTests("connect"),
  ...whileUpgradingTests("upgrading"),
};
