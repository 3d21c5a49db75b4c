// The server for Node of the cluster benchmark: what serve.go is in Go.
//
//   node server.mjs REDIS-ADDRESS ADAPTER      with ADAPTER one of classic, sharded, streams
//
// It prints its port and ends with its input.

import { createServer } from "node:http";
import { createAdapter as createClassic, createShardedAdapter } from "@socket.io/redis-adapter";
import { createAdapter as createStreams } from "@socket.io/redis-streams-adapter";
import { createClient } from "redis";
import { Server } from "socket.io";

const [address, kind] = process.argv.slice(2);
const client = createClient({ url: `redis://${address}` });
const subscriber = client.duplicate();
await Promise.all([client.connect(), subscriber.connect()]);

const adapters = {
  classic: () => createClassic(client, subscriber),
  sharded: () => createShardedAdapter(client, subscriber),
  streams: () => createStreams(client),
};

const http = createServer();
const io = new Server(http, {
  adapter: adapters[kind](),
  connectionStateRecovery: kind === "streams" ? { maxDisconnectionDuration: 60_000 } : undefined,
});
io.on("connection", (socket) => {
  const { room } = socket.handshake.query;
  socket.join(room);
  socket.on("say", (text) => io.to(room).emit("say", text));
});

http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
