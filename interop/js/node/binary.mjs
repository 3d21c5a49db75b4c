// Binary values at any depth, both ways, beside text.

import { equal } from "../lib/expect.mjs";
import { acknowledgement, ask, collect, next } from "../lib/wait.mjs";

/** n bytes, byte i being i mod 256. */
const counting = (n) => Buffer.from(Uint8Array.from({ length: n }, (_, i) => i));

export const matrix = {
  "bytes come back as bytes, empty ones too": async (t) => {
    const socket = await t.connect();
    equal(await acknowledgement(socket, "echo", Buffer.from([0, 255, 30, 98]), Buffer.alloc(0)), [Buffer.from([0, 255, 30, 98]), Buffer.alloc(0)], "bytes");
  },

  "array buffers and views on them are sent as their bytes": async (t) => {
    const socket = await t.connect();
    const whole = Uint8Array.from([1, 2, 3, 4]);
    const got = await ask(socket, "describe", whole.buffer, whole.subarray(1, 3), new Uint16Array([0x0201]));
    equal(got, [{ bin: "01020304" }, { bin: "0203" }, { bin: "0102" }], "described arguments");
  },

  "several attachments at depth three reach the server in their places": async (t) => {
    const socket = await t.connect();
    const sent = { a: [{ b: Buffer.from("00ff", "hex"), c: "x" }, Buffer.from("01", "hex")], d: { e: { f: Buffer.from("02", "hex") } } };
    const want = { a: [{ b: { bin: "00ff" }, c: "x" }, { bin: "01" }], d: { e: { f: { bin: "02" } } } };
    equal(await ask(socket, "describe", sent, null, Buffer.from("03", "hex")), [want, null, { bin: "03" }], "described arguments");
  },

  "several attachments at depth three come back in their places": async (t) => {
    const socket = await t.connect();
    const sent = [{ a: [{ b: counting(3), c: "中" }, counting(300)], d: { e: { f: counting(1) } } }, "text", counting(2)];
    const echo = next(socket, "echo");
    socket.emit("echo", ...sent);
    equal(await echo, sent, "echoed arguments");
  },

  "ten attachments in one event pass": async (t) => {
    const socket = await t.connect();
    const sent = Array.from({ length: 10 }, (_, i) => ({ i, bytes: counting(i) }));
    equal(await ask(socket, "echo", sent), sent, "acknowledged argument");
  },

  "the server sends bytes of its own in an object and in a list": async (t) => {
    const socket = await t.connect();
    for (const n of [0, 1, 257, 5000]) {
      const sent = next(socket, "bin");
      socket.emit("send-bin", n);
      equal(await sent, [{ buf: counting(n), list: [Buffer.from("dead", "hex"), "x"], n }], `bin of ${n} bytes`);
    }
  },

  "text and binary events keep their order among each other": async (t) => {
    const socket = await t.connect();
    const echoed = collect(socket, "echo");
    const sent = Array.from({ length: 60 }, (_, i) => (i % 3 === 0 ? [i, counting(i)] : [i]));
    for (const args of sent) socket.emit("echo", ...args);
    await echoed.count(sent.length);
    equal(echoed.items, sent, "echoed events");
  },
};
