// Official clients, a third of them for each way of connecting. Each sends messages one after
// the other, with retries, and waits for each acknowledgement.
//
//   node clients.mjs URL CLIENTS MESSAGES
//
// It says "connected" when all are, sends when it is told "go", and says "steady" with what
// came of it when each client has sent its messages. Then all go on until it is told "stop",
// upon which it says "done" and what all have sent. Each line is JSON.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../js/package.json", import.meta.url));
const { io } = require("client-4.8.4");

const [url, clients, messages] = process.argv.slice(2).map((arg, i) => (i === 0 ? arg : Number(arg)));
const ways = [["polling"], ["polling", "websocket"], ["websocket"]];
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

let disconnects = 0;
let acked = 0;
let wrong = 0;
let stopping = false;
const troubles = new Map();
const note = (what) => troubles.set(what, (troubles.get(what) ?? 0) + 1);

const connect = (number) =>
  new Promise((resolve) => {
    const socket = io(url, {
      transports: ways[number % ways.length],
      forceNew: true,
      retries: 1000,
      ackTimeout: 15_000,
      reconnectionDelay: 100,
      reconnectionDelayMax: 1000,
    });
    socket.on("connect_error", (error) => note(`connect_error: ${error.message}`));
    socket.on("disconnect", (reason, details) => {
      if (stopping) return;
      disconnects++;
      note(`disconnect: ${reason}: ${details?.message ?? details?.description ?? ""} ${details?.context?.responseText ?? ""}`);
    });
    socket.once("connect", () => resolve(socket));
  });

const send = async (socket, number, from, more) => {
  let n = from;
  for (; more(n); n++) {
    const id = `${number}-${n}`;
    const answer = await socket.emitWithAck("message", id);
    if (answer !== id) wrong++;
    acked++;
  }
  return n;
};

const commands = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const told = async (word) => {
  const { value } = await commands.next();
  if (value !== word) throw new Error(`told ${value} instead of ${word}`);
};

const sockets = await Promise.all(Array.from({ length: clients }, (_, i) => connect(i)));
const report = (event) => say({ event, acked, wrong, disconnects, troubles: Object.fromEntries(troubles) });
report("connected");
await told("go");
const next = await Promise.all(sockets.map((socket, i) => send(socket, i, 0, (n) => n < messages)));
report("steady");
await told("on");
let enough = false;
const last = Promise.all(sockets.map((socket, i) => send(socket, i, next[i], () => !enough)));
await told("stop");
enough = true;
await last;
stopping = true;
for (const socket of sockets) socket.disconnect();
report("done");
setTimeout(() => process.exit(0), 500);
