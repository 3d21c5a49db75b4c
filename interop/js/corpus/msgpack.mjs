// Writes the packets of msgpack/testdata/packets.jsonl:
//
//   node corpus/msgpack.mjs > ../../msgpack/testdata/packets.jsonl
//
// Each line is one packet as socket.io-msgpack-parser sends it, `wire`, and as the
// official JSON parser does, `text` and `attachments`; bytes are in hexadecimal. `once`
// marks packets that JSON cannot tell from others, which are only decoded.

import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const msgpack = require("socket.io-msgpack-parser");
const requireOfClient = createRequire(new URL("../node_modules/client-4.8.4/package.json", import.meta.url));
const json = requireOfClient("socket.io-parser");

const [CONNECT, DISCONNECT, EVENT, ACK, CONNECT_ERROR] = [0, 1, 2, 3, 4];
const event = (...args) => ({ type: EVENT, data: ["e", ...args], nsp: "/" });
const bytes = (n) => Buffer.from(Array.from({ length: n }, (_, i) => i % 256));
const list = (n) => Array.from({ length: n }, (_, i) => i % 100);
const object = (n) => Object.fromEntries(list(n).map((_, i) => [`k${i}`, i]));
const around = (...ns) => ns.flatMap((n) => [n - 1, n, n + 1]);

const packets = {
  "connect": { type: CONNECT, nsp: "/" },
  "connect with auth": { type: CONNECT, data: { token: "secret", n: 1 }, nsp: "/admin" },
  "connect answered": { type: CONNECT, data: { sid: "abcdefghijklmnopqrst", pid: "x" }, nsp: "/" },
  "disconnect": { type: DISCONNECT, nsp: "/chat" },
  "refusal": { type: CONNECT_ERROR, data: { message: "no", data: { code: 7 } }, nsp: "/" },
  "event without arguments": event(),
  "event with an id": { type: EVENT, data: ["e", 1], id: 0, nsp: "/" },
  "event with a large id": { type: EVENT, data: ["e"], id: 2 ** 53 - 1, nsp: "/x" },
  "ack": { type: ACK, data: [], id: 7, nsp: "/" },
  "ack with values": { type: ACK, data: ["ok", { a: 1 }], id: 300, nsp: "/" },
  "ack with bytes": { type: ACK, data: [bytes(3)], id: 1, nsp: "/" },
  "null and booleans": event(null, true, false),
  "small integers": event(0, 1, -1, 31, 32, -31, -32, -33),
  "integers at the edges": event(...around(2 ** 7, 2 ** 8, 2 ** 15, 2 ** 16, 2 ** 31, 2 ** 32, 2 ** 52)),
  "negative integers at the edges": event(...around(-(2 ** 7), -(2 ** 15), -(2 ** 31), -(2 ** 32), -(2 ** 52))),
  "fractions": event(0.5, -0.5, 1.1, 1e-7, 5e-324, 123456.789),
  "large whole numbers": event(1e15, 2 ** 53),
  "strings": event("", "a", "ü", "日本", "😀", "\u0000\n\t\"\\/", "\u2028"),
  "strings at the edges": event(...around(32, 256).map((n) => "x".repeat(n))),
  "non-ASCII at the edge": event("ü".repeat(16), "ü".repeat(128)),
  "arrays at the edges": event([], ...around(16).map(list), list(300)),
  "objects at the edges": event({}, ...around(16).map(object), object(300)),
  "nested long arrays": event(list(20).map(() => list(20).map(() => [list(17), "x"]))),
  "nested": event({ a: { b: { c: [{ d: null }, [[], [{}]]] } } }),
  "keys": event({ "": 1, "ü": 2, "a b": 3, "\"": 4 }),
  "bytes": event(bytes(0), bytes(1), bytes(31), bytes(255), bytes(256)),
  "bytes within": event({ file: { name: "x", data: bytes(5) } }, [bytes(2), "x"]),
  "an object like a placeholder": event({ _placeholder: true, num: 0 }),
  "mixed": event({ id: 17, name: "Ada", tags: ["a", "b"], at: 1.5, ok: true, blob: bytes(40), none: null }),
};

const once = {
  "connect with undefined data": { type: CONNECT, data: undefined, nsp: "/" },
  "keys in another order": { nsp: "/a", id: 5, data: ["e", 1], type: EVENT },
  "options of the client": { type: EVENT, data: ["e"], options: { compress: true }, id: undefined, nsp: "/" },
  "dates": event(new Date(0), new Date(1234567890123), new Date(-1), { at: new Date(253402300800000) }),
  "undefined": event(undefined, { a: undefined, b: 1, c: undefined }, [undefined, 2]),
  "functions left out": event({ f() {}, a: 1 }),
  "toJSON": event({ toJSON: () => ({ x: 1 }) }),
  "no finite numbers": event(NaN, Infinity, -Infinity),
  "ArrayBuffer and views": event(new ArrayBuffer(0), new Uint8Array([1, 2, 3]), new Uint8Array(bytes(300)).buffer),
};

function line(name, packet, extra) {
  const [wire] = new msgpack.Encoder().encode(packet);
  const { options, ...plain } = packet;
  const [text, ...attachments] = new json.Encoder().encode(plain);
  const hex = (b) => Buffer.from(b.buffer ?? b, b.byteOffset ?? 0, b.byteLength).toString("hex");
  return JSON.stringify({ name, wire: hex(wire), text, attachments: attachments.map(hex), ...extra });
}

for (const [name, packet] of Object.entries(packets)) console.log(line(name, packet));
for (const [name, packet] of Object.entries(once)) console.log(line(name, packet, { once: true }));
