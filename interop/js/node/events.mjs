// Events with plain arguments, both ways.

import { equal } from "../lib/expect.mjs";
import { ask, collect, next, settle } from "../lib/wait.mjs";

/** Sends the arguments on `echo` and checks that the same come back. */
async function comesBack(t, ...args) {
  const socket = await t.connect();
  const echo = next(socket, "echo");
  socket.emit("echo", ...args);
  equal(await echo, args, "echoed arguments");
}

const reservedNames = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];

export const matrix = {
  "an echoed event gives back text, booleans and null": (t) => comesBack(t, "text", "", true, false, null),

  "an event without arguments comes back without arguments": (t) => comesBack(t),

  "Chinese text, characters beyond the basic plane and controls survive": (t) =>
    comesBack(t, "我是客户端,来陪我聊聊", "𝒳 😀 👩‍👩‍👧 𠮷", "e\u0301 é", "\u0000 \u001e \u2028 \ufeff", 'quote " \\ </script> \n'),

  "whole numbers, fractions and the largest safe integers survive": (t) =>
    comesBack(t, 0, 1, -1, 1.5, -0.000001, 1e21, 1.7976931348623157e308, 9007199254740991, -9007199254740991),

  "nested objects and arrays survive, empty ones and odd keys too": (t) =>
    comesBack(t, { a: { b: { c: [1, [2, [{ d: null }]]] } } }, {}, [], { "": 1, "键": "值", "a.b": [{}], toString: 2 }),

  "an object that looks like a placeholder stays an object in an event without binary": (t) =>
    comesBack(t, { _placeholder: true, num: 0 }),

  "undefined arrives as null": async (t) => {
    const socket = await t.connect();
    equal(await ask(socket, "describe", undefined, { gone: undefined, kept: [undefined] }), [null, { kept: [null] }], "arguments");
  },

  "send comes back as a message event": async (t) => {
    const socket = await t.connect();
    const message = next(socket, "message");
    socket.send("你好", { n: 1 });
    equal(await message, ["你好", { n: 1 }], "message");
  },

  "events with names that nobody handles are ignored": async (t) => {
    const socket = await t.connect();
    for (const name of ["未知", "error", "toString", "__proto__", "", "a b"]) socket.emit(name, 1);
    await settle(socket);
    equal(socket.connected, true, "connected");
  },

  "the server refuses to emit the reserved names": async (t) => {
    const socket = await t.connect();
    equal([...(await ask(socket, "reserved"))].sort(), reservedNames, "refused names");
    await settle(socket);
    equal(socket.connected, true, "connected");
  },

  "events of both directions keep their order": async (t) => {
    const socket = await t.connect();
    const echoed = collect(socket, "echo");
    for (let i = 0; i < 100; i++) socket.emit("echo", i, { i });
    await echoed.count(100);
    equal(echoed.items, Array.from({ length: 100 }, (_, i) => [i, { i }]), "echoed events");
  },

  "events emitted before the connection is up arrive once and in order": async (t) => {
    const socket = t.open();
    const echoed = collect(socket, "echo");
    for (let i = 0; i < 20; i++) socket.emit("echo", i);
    await t.connected(socket);
    await settle(socket);
    equal(echoed.items, Array.from({ length: 20 }, (_, i) => [i]), "echoed events");
  },
};
