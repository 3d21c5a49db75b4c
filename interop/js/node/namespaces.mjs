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

  "/dyn-<digits>: a pattern makes namespaces, which do not hear each other": async (t) => {
    const one = t.open({ nsp: "/dyn-1" });
    const named = next(one, "nsp");
    await t.connected(one);
    equal(await named, ["/dyn-1"], "name");
    const two = await t.connect({ nsp: "/dyn-2" });
    const heard = collect(two, "news");
    await ask(one, "op", { via: "io", event: "news", args: [1] });
    await settle(one, two);
    equal(heard.items, [], "news of another namespace");
    equal((await ask(two, "whoami")).nsp, "/dyn-2", "namespace");
    const names = await ask(two, "nsps");
    equal(names.filter((name) => name.startsWith("/dyn-")), ["/dyn-1", "/dyn-2"], "namespaces");
  },

  "/dyn-<other>: what the pattern does not match is unknown": async (t) => {
    const socket = t.open({ nsp: "/dyn-x" });
    const refused = next(socket, "connect_error");
    socket.connect();
    equal((await refused)[0].message, "Invalid namespace", "message");
  },

  "/fn-: a namespace is there for those who are allowed": async (t) => {
    const refused = t.open({ nsp: "/fn-1" });
    const error = next(refused, "connect_error");
    refused.connect();
    equal((await error)[0].message, "Invalid namespace", "message");
    const allowed = await t.connect({ nsp: "/fn-1", auth: { allow: true } });
    equal((await ask(allowed, "whoami")).nsp, "/fn-1", "namespace");
  },

  "/fast/: an empty namespace is dropped": async (t) => {
    const main = await t.connect({ path: "/fast/" });
    const child = await t.connect({ path: "/fast/", nsp: "/dyn-7" });
    equal(await ask(main, "nsps"), ["/", "/dyn-7"], "namespaces");
    child.disconnect();
    for (let tries = 0; (await ask(main, "nsps")).length > 1; tries++) holds(tries < 100, "the namespace is gone", tries);
  },
};
