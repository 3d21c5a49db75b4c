// /fast/: the heartbeat every 300 ms, its end, and the limits of that server.

import { equal, holds, oneOf } from "../lib/expect.mjs";
import { ask, next, settle, within } from "../lib/wait.mjs";

const path = "/fast/";
const PINGS = 3;
const TRIES = 3;
const UPGRADE_LIMIT_MS = 1_000;

/** What the client calls a connection that the server ended. */
const endedByServer = ["transport close", "transport error"];

/**
 * Connects to /fast/. A machine that is busy for a moment can miss the 300 ms
 * which that server leaves to an upgrade and then stays on polling: so there
 * is more than one try.
 */
async function connect(t, options) {
  for (let triesLeft = TRIES; ; triesLeft--) {
    const socket = await t.connect({ path, upgrades: false, ...options });
    try {
      await within(t.upgraded(socket), "an upgrade", UPGRADE_LIMIT_MS);
      return socket;
    } catch (error) {
      if (triesLeft === 1) throw error;
      socket.disconnect();
    }
  }
}

/** Keeps the client from answering the server's pings. */
function fallSilent(socket) {
  const { engine } = socket.io;
  const method = typeof engine.sendPacket === "function" ? "sendPacket" : "_sendPacket";
  const send = engine[method];
  engine[method] = (type, ...rest) => {
    if (type !== "pong") send.call(engine, type, ...rest);
  };
}

export const matrix = {
  "/fast/: a client that answers lives through several pings": async (t) => {
    const socket = await connect(t);
    const { id } = socket;
    for (let i = 0; i < PINGS; i++) await next(socket.io.engine, "packet", ({ type }) => type === "ping");
    await settle(socket);
    equal(socket.id, id, "id");
  },

  "/fast/: a client that stops answering is cut, for the reason ping timeout": async (t) => {
    const [watching, silent] = [await connect(t), await connect(t)];
    await ask(watching, "watch");
    const { id } = silent;
    const gone = next(watching, "gone", (told) => told.id === id);
    const cut = next(silent, "disconnect");
    fallSilent(silent);
    equal(await gone, [{ id, reason: "ping timeout", rooms: [id] }], "gone");
    oneOf((await cut)[0], endedByServer, "the client's reason");
  },

  "/fast/: an event below the limit of 1000 bytes passes": async (t) => {
    const socket = await connect(t);
    equal(await ask(socket, "echo", "x".repeat(900)), "x".repeat(900), "echo");
  },

  "/fast/: an event over 1000 bytes ends the connection, and the client comes back": async (t) => {
    const socket = await connect(t, { reconnection: true });
    const { id } = socket;
    const gone = next(socket, "disconnect");
    const back = next(socket, "connect");
    socket.emit("echo", "x".repeat(2000));
    oneOf((await gone)[0], endedByServer, "reason");
    await back;
    await settle(socket);
    holds(socket.id !== id, "a new id", socket.id);
  },

  "/fast/: the server may send more than 1000 bytes": async (t) => {
    const socket = await connect(t);
    const sent = next(socket, "bin");
    socket.emit("send-bin", 5000);
    const [{ buf }] = await sent;
    equal(buf.length, 5000, "bytes");
  },

  "/fast/: a connection that joins no namespace is closed": async (t) => {
    const engine = await t.openEngine(path);
    const [reason] = await next(engine, "close");
    oneOf(reason, endedByServer, "reason");
  },
};
