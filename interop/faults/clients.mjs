// Official clients that are cut off: they say how they came back, whether something is
// missing that nobody told them of, and which of their messages were acknowledged.
//
//   node clients.mjs '{"url": "http://…", "clients": 10, "messages": 100}'
//
// Each line on standard output is a JSON array: ["connected", client, recovered],
// ["silent", client, last, next], ["again", client, last, next], ["round", client, round],
// ["acked", client, message, connection]. It ends with its standard input.

import { createRequire } from "node:module";

const require = createRequire(new URL("../js/package.json", import.meta.url));
const { io } = require("client-4.8.4");
const { url, clients, messages } = JSON.parse(process.argv[2]);

const say = (...words) => process.stdout.write(`${JSON.stringify(words)}\n`);

/** Client number i; every fourth one begins with polling. */
function start(i) {
  const socket = io(url, {
    forceNew: true,
    transports: i % 4 === 3 ? ["polling", "websocket"] : ["websocket"],
    reconnectionDelay: 20,
    reconnectionDelayMax: 200,
    timeout: 5000,
    ...(messages > 0 ? { retries: 1000, ackTimeout: 60_000 } : {}),
  });
  let last; // the number heard last, if the next one must follow
  let lastRound;
  socket.on("connect", () => {
    if (!socket.recovered) last = undefined; // told: what comes now begins anew
    say("connected", i, socket.recovered);
  });
  socket.on("number", (n) => {
    if (last !== undefined && n <= last) {
      say("again", i, last, n);
      return;
    }
    if (last !== undefined && n !== last + 1) say("silent", i, last, n);
    last = n;
  });
  socket.on("round", (round) => {
    if (round !== lastRound) say("round", i, round);
    lastRound = round;
  });
  if (messages > 0) send(socket, i);
}

/** Sends numbered messages, one every few milliseconds, connected or not. */
function send(socket, i) {
  let next = 0;
  const timer = setInterval(() => {
    const n = next++;
    socket.emit("n", i, n, (err, on) => {
      if (!err) say("acked", i, n, on);
    });
    if (next === messages) clearInterval(timer);
  }, 10);
}

for (let i = 0; i < clients; i++) start(i);
process.stdin.on("end", () => process.exit(0)).resume();
