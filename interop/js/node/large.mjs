// Payloads of 500 KB, both ways, below the default limit of 1 MB.

import { equal, holds } from "../lib/expect.mjs";
import { ask, next } from "../lib/wait.mjs";

const SIZE = 500 * 1024;

/** Bytes without a short period, so that a lost or doubled piece shows. */
function mixedBytes(length) {
  const bytes = Buffer.alloc(length);
  for (let i = 0, x = 1; i < length; i++) {
    x = (Math.imul(x, 1664525) + 1013904223) >>> 0;
    bytes[i] = x >>> 24;
  }
  return bytes;
}

/** Compares without printing half a megabyte. */
function sameBytes(got, want) {
  holds(Buffer.isBuffer(got) && got.length === want.length, `${want.length} bytes`, got?.length ?? got);
  const wrong = want.findIndex((byte, i) => byte !== got[i]);
  holds(wrong === -1, `byte ${wrong} to be ${want[wrong]}`, got[wrong]);
}

function sameText(got, want) {
  sameBytes(Buffer.from(got), Buffer.from(want));
}

export const matrix = {
  "500 KB of text reach the server and come back": async (t) => {
    const socket = await t.connect();
    const text = mixedBytes(SIZE * 0.75).toString("base64");
    sameText(await ask(socket, "echo", text), text);
  },

  "500 KB of Chinese text reach the server and come back": async (t) => {
    const socket = await t.connect();
    const text = "我是客户端,来陪我聊聊𠮷".repeat(Math.floor(SIZE / 35));
    const echo = next(socket, "echo");
    socket.emit("echo", text);
    const [back] = await echo;
    sameText(back, text);
  },

  "500 KB of bytes reach the server and come back": async (t) => {
    const socket = await t.connect();
    const bytes = mixedBytes(SIZE);
    const { deep } = await ask(socket, "echo", { deep: [bytes] });
    sameBytes(deep[0], bytes);
  },

  "500 KB of bytes come from the server": async (t) => {
    const socket = await t.connect();
    const sent = next(socket, "bin");
    socket.emit("send-bin", SIZE);
    const [{ buf, list, n }] = await sent;
    sameBytes(buf, Buffer.from(Uint8Array.from({ length: SIZE }, (_, i) => i)));
    equal([list, n], [[Buffer.from("dead", "hex"), "x"], SIZE], "the rest of the event");
  },

  "500 KB reach another client through a broadcast": async (t) => {
    const [from, to] = [await t.connect(), await t.connect()];
    const news = next(to, "news");
    const bytes = mixedBytes(SIZE);
    await ask(from, "op", { to: [to.id], event: "news", args: [bytes] });
    const [back] = await news;
    sameBytes(back, bytes);
  },
};
