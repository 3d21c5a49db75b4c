// The server for Node of mixed.sh. Like sio serve it passes every event on to all clients, and
// answers what wants an acknowledgement with the arguments it came with.
//
//   node relay.mjs REDIS-URL

import { createAdapter } from "@socket.io/redis-adapter";
import { createServer } from "node:http";
import { createClient } from "redis";
import { Server } from "socket.io";

const client = createClient({ url: process.argv[2] });
const subscriber = client.duplicate();
await Promise.all([client.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { adapter: createAdapter(client, subscriber) });
io.on("connection", (socket) => {
  socket.onAny((event, ...args) => {
    const answer = args.at(-1);
    if (typeof answer === "function") answer(...args.slice(0, -1));
    else io.emit(event, ...args);
  });
});

http.listen(0, "127.0.0.1", () => console.log(`server is running at http://127.0.0.1:${http.address().port}`));
setInterval(async () => {
  if ((await io.of("/").adapter.serverCount()) === 2) console.log("the cluster has 2 servers");
}, 100);
