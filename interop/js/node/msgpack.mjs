// Packets as MessagePack: the client's parser is socket.io-msgpack-parser, the server's
// codec is ours.

import parser from "socket.io-msgpack-parser";

import { equal, holds } from "../lib/expect.mjs";
import { acknowledgement, ask, collect, next } from "../lib/wait.mjs";

const path = "/mp/";
const join = (t, options) => t.connect({ path, parser, ...options });
const counting = (n) => Buffer.from(Uint8Array.from({ length: n }, (_, i) => i));

export const matrix = {
  "MessagePack: values of all kinds come back as they were": async (t) => {
    const socket = await join(t);
    const sent = [null, true, 0, -1, 1.5, 2 ** 40, -(2 ** 40), "", "日本😀", [], {}, { a: [1, { b: "c" }] }, "x".repeat(300), Array(20).fill(7)];
    equal(await acknowledgement(socket, "echo", ...sent), sent, "acknowledged arguments");
    const echo = next(socket, "echo");
    socket.emit("echo", ...sent);
    equal(await echo, sent, "echoed arguments");
  },

  "MessagePack: bytes lie anywhere, in any number, of any size": async (t) => {
    const socket = await join(t);
    const sent = { few: [counting(0), counting(3)], large: counting(70_000), many: Array.from({ length: 30 }, () => counting(2)) };
    equal(await ask(socket, "echo", sent), sent, "acknowledged argument");
    equal(await ask(socket, "describe", Uint8Array.from([1, 2]).buffer), [{ bin: "0102" }], "an ArrayBuffer");
    const sentBack = next(socket, "bin");
    socket.emit("send-bin", 300);
    equal(await sentBack, [{ buf: counting(300), list: [Buffer.from("dead", "hex"), "x"], n: 300 }], "bytes of the server");
  },

  "MessagePack: what JSON has no form for arrives as JSON has it": async (t) => {
    const socket = await join(t);
    const sent = [new Date(1234567890123), undefined, { a: undefined, b: 1 }, NaN];
    equal(await acknowledgement(socket, "echo", ...sent), ["2009-02-13T23:31:30.123Z", null, { b: 1 }, null], "acknowledged arguments");
  },

  "MessagePack: the server asks and is answered": async (t) => {
    const socket = await join(t);
    socket.on("question", (a, b, answer) => answer({ sum: a + b, bytes: counting(2) }));
    equal(await ask(socket, "ask", "question", [1, 2], 2000), { ok: true, value: [{ sum: 3, bytes: counting(2) }] }, "answer");
  },

  "MessagePack: namespaces are joined, refused and left": async (t) => {
    const socket = await join(t, { auth: { token: "t", n: 1 } });
    equal((await ask(socket, "handshake")).auth, { token: "t", n: 1 }, "auth");
    const plain = t.share(socket, "/plain");
    await t.connected(plain);
    equal((await ask(plain, "whoami")).nsp, "/plain", "namespace");
    const nowhere = t.share(socket, "/nowhere");
    const refusal = next(nowhere, "connect_error");
    nowhere.connect();
    equal((await refusal)[0].message, "Invalid namespace", "refusal");
    const left = next(plain, "disconnect");
    plain.emit("disconnect-me", false);
    equal((await left)[0], "io server disconnect", "reason");
    holds(socket.connected, "the other socket is still connected");
  },

  "MessagePack: a room gets what is sent to it, in order": async (t) => {
    const [a, b] = [await join(t), await join(t)];
    const room = t.room("mp");
    await ask(a, "join", room);
    await ask(b, "join", room);
    const told = collect(b, "told");
    for (let i = 0; i < 50; i++) a.emit("op", { to: [room], event: "told", args: [i, counting(i)] });
    await told.count(50);
    equal(told.items, Array.from({ length: 50 }, (_, i) => [i, counting(i)]), "events");
  },
};
