// Official clients of a cluster, which count what they miss without having been told.
//
//   node clients.mjs '{"url": "http://…", "clients": 100, "rooms": 10}'
//
// Client i is in the room i % rooms, whose events are numbered. For each line on its standard
// input that is a JSON array, the number up to which each room has to have come, it prints a
// tally when that is so. It ends with its standard input.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(new URL("../js/package.json", import.meta.url));
const { io } = require("client-4.8.4");
const { url, clients, rooms } = JSON.parse(process.argv[2]);

const tally = { connected: 0, recovered: 0, told: 0, missing: 0, twice: 0 };
const last = []; // by client: the number that came last, undefined if any may be next
const connected = [];

for (let i = 0; i < clients; i++) {
  const socket = io(url, {
    forceNew: true,
    transports: ["websocket"],
    query: { room: `room${i % rooms}` },
    reconnectionDelay: 50,
    reconnectionDelayMax: 500,
  });
  let before = false;
  socket.on("connect", () => {
    connected[i] = true;
    if (before) tally[socket.recovered ? "recovered" : "told"]++;
    if (!socket.recovered) last[i] = undefined;
    before = true;
  });
  socket.on("disconnect", () => (connected[i] = false));
  socket.on("n", (n) => {
    if (last[i] !== undefined) {
      if (n <= last[i]) {
        tally.twice++;
        return;
      }
      tally.missing += n - last[i] - 1;
    }
    last[i] = n;
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const numbers = JSON.parse(line);
  const done = () => {
    for (let i = 0; i < clients; i++) {
      if (!connected[i] || (numbers[i % rooms] > 0 && last[i] !== numbers[i % rooms])) return false;
    }
    return true;
  };
  const deadline = Date.now() + 60_000;
  while (!done() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  tally.connected = connected.filter(Boolean).length;
  console.log(JSON.stringify({ ...tally, done: done() }));
}
process.exit(0);
