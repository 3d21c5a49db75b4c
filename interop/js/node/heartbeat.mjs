// /fast/: the heartbeat every 300 ms, its end, and the limits of that server.

import { equal, holds, oneOf } from "../lib/expect.mjs";
import { ask, next, settle } from "../lib/wait.mjs";

const path = "/fast/";
const PINGS = 3;

/** What the client calls a connection that the server ended. */
const endedByServer = ["transport close", "transport error"];

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
    const socket = await t.connect({ path });
    const { id } = socket;
    for (let i = 0; i < PINGS; i++) await next(socket.io.engine, "packet", ({ type }) => type === "ping");
    await settle(socket);
    equal(socket.id, id, "id");
  },

  "/fast/: a client that stops answering is cut, for the reason ping timeout": async (t) => {
    const [watching, silent] = [await t.connect({ path }), await t.connect({ path })];
    await ask(watching, "watch");
    const { id } = silent;
    const gone = next(watching, "gone", (told) => told.id === id);
    const cut = next(silent, "disconnect");
    fallSilent(silent);
    equal(await gone, [{ id, reason: "ping timeout", rooms: [id] }], "gone");
    oneOf((await cut)[0], endedByServer, "the client's reason");
  },

  "/fast/: an event below the limit of 1000 bytes passes": async (t) => {
    const socket = await t.connect({ path });
    equal(await ask(socket, "echo", "x".repeat(900)), "x".repeat(900), "echo");
  },

  "/fast/: an event over 1000 bytes ends the connection, and the client comes back": async (t) => {
    const socket = await t.connect({ path, reconnection: true });
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
    const socket = await t.connect({ path });
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
