// The server for Node of the fleet. It does what newServer of main.go does.
//
//   node server.mjs REDIS

import { createServer } from "node:http";
import { createRequire } from "node:module";

// What make setup installs. In a project of its own these are imports.
const require = createRequire(new URL("../../interop/cluster/package.json", import.meta.url));
const { createAdapter } = require("@socket.io/redis-adapter");
const { createClient } = require("redis");
const { Server } = require("socket.io");

const where = process.argv[2];
const client = createClient(where.startsWith("/") ? { socket: { path: where } } : { url: `redis://${where}` });
const subscriber = client.duplicate();
await Promise.all([client.connect(), subscriber.connect()]);

const http = createServer();
const io = new Server(http, { path: "/node/socket.io/", adapter: createAdapter(client, subscriber) });
io.on("connection", (socket) => {
  socket.on("enter", async (room, answer) => {
    socket.join(room);
    answer(await io.of("/").adapter.serverCount());
  });
  socket.on("say", (line) => io.to(line.room).emit("say", line));
});

http.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${http.address().port}`));

// Who has started this ends it by closing its standard input; Ctrl-C is for that one.
process.on("SIGINT", () => {});
process.stdin.resume().on("end", () => process.exit());
