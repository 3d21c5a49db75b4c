// Volatile events: sent when the connection is free, dropped when it is not.

import { equal } from "../lib/expect.mjs";
import { ask, collect, settle, until } from "../lib/wait.mjs";

const TRIES = 5;

export const matrix = {
  "a volatile event right behind a regular one is dropped": async (t) => {
    const socket = await t.connect();
    const seen = collect(socket, "v");
    socket.emit("volatile-pair");
    await seen.count(1);
    await settle(socket);
    equal(seen.items, [["regular"]], "events");
  },

  "a volatile event on a free connection arrives": async (t) => {
    const socket = await t.connect();
    const seen = collect(socket, "v");
    // Over polling the connection is free only while a poll waits, so one try may miss it.
    for (let i = 0; i < TRIES && seen.items.length === 0; i++) {
      socket.emit("volatile-one");
      await ask(socket, "late-ack", 100);
    }
    equal(seen.items[0], ["alone"], "event");
  },

  "a volatile broadcast reaches a free member": async (t) => {
    const [from, to] = [await t.connect(), await t.connect()];
    const seen = collect(to, "news");
    for (let i = 0; i < TRIES && seen.items.length === 0; i++) {
      await ask(from, "late-ack", 50);
      await ask(from, "op", { to: [to.id], volatile: true, event: "news", args: ["brief"] });
      await settle(to);
    }
    equal(seen.items[0], ["brief"], "event");
  },

  "a client's volatile event on a free connection arrives": async (t) => {
    const socket = await t.connect();
    const seen = collect(socket, "echo");
    await until("the echo of a volatile event", () => {
      socket.volatile.emit("echo", "v");
      return seen.items.length > 0;
    });
    equal(seen.items[0], ["v"], "event");
  },
};
