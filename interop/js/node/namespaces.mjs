// Namespaces: one connection for several, and what each of the fixture's does.

import { equal, holds } from "../lib/expect.mjs";
import { ask, collect, next, settle } from "../lib/wait.mjs";

const staticNamespaces = ["/", "/auth", "/bye", "/early", "/order", "/packet", "/plain", "/pre", "/refuse"];

export const matrix = {
  "several namespaces share one connection and have ids of their own": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    const order = t.share(main, "/order");
    await Promise.all([t.connected(plain), t.connected(order)]);
    const identities = [];
    for (const socket of [main, plain, order]) identities.push(await ask(socket, "whoami"));
    equal(identities.map(({ nsp }) => nsp), ["/", "/plain", "/order"], "namespaces");
    equal(identities.map(({ id }) => id), [main.id, plain.id, order.id], "ids");
    equal(new Set([main.id, plain.id, order.id]).size, 3, "different ids");
    equal(new Set(identities.map(({ engineId }) => engineId)).size, 1, "connections");
  },

  "a namespace is left without the others noticing, and joined again": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    await t.connected(plain);
    const before = plain.id;
    plain.disconnect();
    await settle(main);
    await t.connected(plain);
    holds(plain.id !== before, "a new id", plain.id);
    await settle(main, plain);
    equal((await ask(plain, "whoami")).engineId, main.io.engine.id, "connection");
  },

  "the main namespace is left and the other stays": async (t) => {
    const main = await t.connect();
    const plain = t.share(main, "/plain");
    await t.connected(plain);
    main.disconnect();
    await settle(plain);
    equal((await ask(plain, "whoami")).engineId, main.io.engine.id, "connection");
  },

  "a namespace other than the main one may be the only one": async (t) => {
    const plain = await t.connect({ nsp: "/plain" });
    equal((await ask(plain, "whoami")).nsp, "/plain", "namespace");
    const bytes = Buffer.from("0102", "hex");
    equal(await ask(plain, "echo", { bytes }), { bytes }, "binary acknowledgement outside the main namespace");
  },

  "the server names its namespaces": async (t) => {
    const socket = await t.connect();
    const names = await ask(socket, "nsps");
    const fixed = names.filter((name) => !/^\/(dyn|fn)-/.test(name));
    equal(fixed, staticNamespaces, "namespaces");
  },

  "/early: what the server emits on connection arrives in order": async (t) => {
    const socket = t.open({ nsp: "/early" });
    const early = collect(socket, "early");
    await t.connected(socket);
    await settle(socket);
    equal(early.items, [[1], [2]], "early events");
  },

  "/bye: the server disconnects the socket but not the connection": async (t) => {
    const main = await t.connect();
    const bye = t.share(main, "/bye");
    const gone = next(bye, "disconnect");
    const connected = next(bye, "connect");
    bye.connect();
    await connected;
    equal((await gone)[0], "io server disconnect", "reason");
    await settle(main);
  },

  "/pre: a room joined in a middleware counts from the start": async (t) => {
    const first = t.open({ nsp: "/pre" });
    const hellos = collect(first, "hello");
    await t.connected(first);
    await hellos.count(1);
    equal((await ask(first, "whoami")).rooms, [first.id, "pre"].sort(), "rooms");
    const second = t.open({ nsp: "/pre" });
    const own = collect(second, "hello");
    await t.connected(second);
    await settle(first, second);
    equal([hellos.items.length, own.items.length], [2, 1], "hellos");
  },
};
