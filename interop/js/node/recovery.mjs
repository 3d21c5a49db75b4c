// Connection state recovery, which clients from 4.6 on know.

import { equal, holds } from "../lib/expect.mjs";
import { where } from "../lib/runner.mjs";
import { ask, collect, next } from "../lib/wait.mjs";

/** Opens two sockets: one that comes back by itself, and one that talks to it. */
async function pair(t, path) {
  const socket = await t.connect({ path, reconnection: true, reconnectionDelay: 300 });
  const other = await t.connect({ path });
  return { socket, other };
}

/** Loses the connection, lets `meanwhile` happen, and waits until it is back. */
async function loseConnection(socket, meanwhile) {
  const gone = next(socket, "disconnect");
  const back = next(socket, "connect");
  socket.io.engine.close();
  await gone;
  await meanwhile();
  await back;
}

const tell = (other, to, event, ...args) => ask(other, "op", { via: "io", to: [to], event, args });

function recoveryTests(path, runsAfterwards) {
  return {
    [`${path}: what was missed comes in order, with id, rooms and data`]: async (t) => {
      const { socket, other } = await pair(t, path);
      const { id } = socket;
      await ask(socket, "join", "room");
      await ask(socket, "set-data", "colour", "blue");
      const heard = collect(socket, "news");
      await tell(other, "room", "news", 0);
      await heard.count(1);
      await loseConnection(socket, async () => {
        for (let i = 1; i <= 3; i++) await tell(other, "room", "news", i);
        await tell(other, id, "news", Buffer.from("04", "hex"));
        await tell(other, "elsewhere", "news", 5);
      });
      equal(socket.recovered, true, "recovered on the client");
      await heard.count(5);
      equal(heard.items.slice(0, 4).map(([n]) => n), [0, 1, 2, 3], "news");
      holds(Buffer.from(heard.items[4][0]).equals(Buffer.from("04", "hex")), "binary news", heard.items[4]);
      const self = await ask(socket, "whoami");
      equal([socket.id, self.id, self.recovered], [id, id, true], "identity");
      equal(self.rooms, [id, "room"].sort(), "rooms");
      equal(self.data, { colour: "blue", runs: runsAfterwards }, "data");
    },
  };
}

const all = {
  ...recoveryTests("/rec/", 1),
  ...recoveryTests("/rec-mw/", 2),

  "/rec/: a client that left begins anew": async (t) => {
    const { socket, other } = await pair(t, "/rec/");
    const { id } = socket;
    const heard = collect(socket, "news");
    await tell(other, id, "news", 0);
    await heard.count(1);
    socket.disconnect();
    await t.connected(socket);
    equal(socket.recovered, false, "recovered");
    holds(socket.id !== id, "a new id", socket.id);
  },

  "/rec/: a client that comes too late begins anew": async (t) => {
    const { socket, other } = await pair(t, "/rec/");
    const { id } = socket;
    const heard = collect(socket, "news");
    await tell(other, id, "news", 0);
    await heard.count(1);
    socket.io.reconnectionDelay(2500);
    socket.io.reconnectionDelayMax(2500);
    socket.io.randomizationFactor(0);
    await loseConnection(socket, async () => {});
    equal(socket.recovered, false, "recovered");
    holds(socket.id !== id, "a new id", socket.id);
  },
};

const knowsRecovery = (t) => t.client.has("recovery");

export const matrix = Object.fromEntries(Object.entries(all).map(([title, test]) => [title, where(knowsRecovery, test)]));
