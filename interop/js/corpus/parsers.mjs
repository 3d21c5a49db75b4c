// Writes what the official parsers make of texts, right ones and ones that are nearly so:
//
//   for p in eio4 eio3 sio5; do node corpus/parsers.mjs $p > ../../$p/testdata/parsed.jsonl; done
//
// Each line is one text and what came of it: `refused`, or for Engine.IO its `packets`, each
// with a type and a text `data` or bytes `hex`, and for Socket.IO the `type`, `nsp`, `id` and
// `data` of its packet. Its attachments are bytes of their own number, and placeholders in
// `data`. A text is one of the list, or differs from one by a character.

import { createRequire } from "node:module";

const here = createRequire(import.meta.url);
const from = (client) => createRequire(here.resolve(`${client}/package.json`)); // which has to be there

// mutations are the texts with a character left out, others put in or changed, and cut off.
function* mutations(text, alphabet, others) {
  const chars = [...text];
  for (let i = 0; i <= chars.length; i++) {
    const before = chars.slice(0, i).join("");
    yield before;
    yield before + chars.slice(i + 1).join("");
    for (let n = 0; n < others; n++) {
      const other = alphabet[(i * 7 + chars.length + n * 3) % alphabet.length];
      yield before + other + chars.slice(i).join("");
      yield before + other + chars.slice(i + 1).join("");
    }
  }
}

function* texts({ list, alphabet, others }) {
  const seen = new Set();
  for (const text of list) {
    for (const one of [text, ...mutations(text, alphabet, others)]) {
      if (!seen.has(one)) yield one;
      seen.add(one);
    }
  }
}

const packet = ({ type, data }) => {
  if (data === undefined) return { type, data: "" };
  return typeof data === "string" ? { type, data } : { type, hex: Buffer.from(data).toString("hex") };
};

const engine4 = {
  list: [
    "4hello", "4", "2", "2probe", "3probe", "6", "1", "5", '0{"sid":"a","upgrades":[]}', "bAQID", "b", "bAQ==", "bAQI=",
    "4a\x1e4b\x1ebAQID\x1e2", "4é€😀\x1e4", "4\x1f\x1e6\x1e", "\x1e4a", "4a\x1e\x1e4b", "7", "x", "-1", "b\x1e4",
  ],
  others: 4,
  alphabet: ["0", "4", "7", "b", "=", "\x1e", "A", "é", "-", "\n"],
  parse(text) {
    const all = this.parser.decodePayload(text, "nodebuffer");
    return all.some((p) => p.type === "error") ? { refused: true } : { packets: all.map(packet) };
  },
  get parser() { return from("client-4.8.4")("engine.io-parser"); },
};

const engine3 = {
  list: [
    "6:4hello", "1:4", "1:2", "6:2probe", "1:6", "1:1", "6:b4AQID", "2:b4", "6:b4AQ==", "2:4a2:4b1:2", "5:4é€😀", "2:4é1:6",
    "11:4helloworld2:4x", "01:4", "0:", "1:x", ":", "2:4", "99:4a", "1:4x",
  ],
  others: 4,
  alphabet: ["0", "1", "4", ":", "b", "9", "é", "x", "-", "="],
  parse(text) {
    const all = [];
    let whole = true;
    this.parser.decodePayload(text, (p) => { p.type === "error" ? (whole = false) : all.push(p); });
    return whole ? { packets: all.map(packet) } : { refused: true };
  },
  get parser() { return from("client-2.5.0")("engine.io-parser"); },
};

const attachments = (data, take) => {
  if (Buffer.isBuffer(data)) return take(data);
  if (Array.isArray(data)) return data.map((d) => attachments(d, take));
  if (data === null || typeof data !== "object") return data;
  return Object.fromEntries(Object.entries(data).map(([key, d]) => [key, attachments(d, take)]));
};

const socket5 = {
  list: [
    '2["e"]', '2["e",1,"x",null,true,{"a":[1.5]}]', '2/chat,["e",{}]', '212["e"]', '2/chat,7["e","é😀"]', "0", '0{"token":"x"}',
    '0/admin,', '0/admin,{"a":1}', '0/a?b=c,{}', "1", "1/chat,", '3[]', '35["ok",1]', '3/chat,0[null]', '4{"message":"no"}', '4"no"',
    '4/chat,{"message":"no","data":{"code":7}}', '51-["e",{"_placeholder":true,"num":0}]',
    '52-/chat,3["e",[{"_placeholder":true,"num":1}],{"x":{"_placeholder":true,"num":0}}]', '61-9[{"_placeholder":true,"num":0}]',
    '2[1,"x"]', '2["connect"]', '2{"e":1}', '2[]', '2[null]', '7["e"]', "", "x", '2["a",1e3,-0,"\\u0041\\n"]', '2 ["e"]', '2["e"] ',
    '0[]', '0"x"', '1{}', '3{}', '5-["e"]', '50-["e"]', '51["e"]', '29007199254740991["e"]', '29007199254740993["e"]',
  ],
  others: 1,
  alphabet: ["0", "1", "5", ",", "-", "/", "[", "]", '"', "{", "é", " "],
  parse(text) {
    const decoder = new this.parser.Decoder();
    let got;
    decoder.on("decoded", (p) => { got = p; });
    try {
      decoder.add(text);
      // A text that is waiting takes as many attachments as it has announced.
      for (let i = 0; got === undefined && i < 20; i++) decoder.add(Buffer.from([i]));
    } catch {
      return { refused: true };
    }
    if (got === undefined) return { refused: true };
    const data = attachments(got.data, ([num]) => ({ _placeholder: true, num }));
    return { type: got.type, nsp: got.nsp, id: got.id, data };
  },
  get parser() { return from("client-4.8.4")("socket.io-parser"); },
};

const protocol = { eio4: engine4, eio3: engine3, sio5: socket5 }[process.argv[2]];
for (const text of texts(protocol)) console.log(JSON.stringify({ text, ...protocol.parse(text) }));
