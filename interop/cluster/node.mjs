// A server for Node in a fleet, and the emitters for Node. It reads one command per line, as
// JSON, and answers each with one line; what happens meanwhile it tells on lines of their own.
//
//   node node.mjs ADAPTER URL      with ADAPTER one of classic, sharded, streams, postgres

import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { Server } from "socket.io";

const [kind, url] = process.argv.slice(2);
const { open } = await import(kind === "postgres" ? "./postgres.mjs" : "./redis.mjs");
const { adapter, emitter } = await open(url, kind);

// Binary values travel as {"$binary": base64} in both directions.
const revive = (_, value) => (value?.$binary === undefined ? value : Buffer.from(value.$binary, "base64"));
const mark = (value) => {
  if (Buffer.isBuffer(value)) return { $binary: value.toString("base64") };
  if (Array.isArray(value)) return value.map(mark);
  if (value?.constructor !== Object) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, mark(member)]));
};
const say = (line) => process.stdout.write(JSON.stringify(mark(line)) + "\n");

const http = createServer();
const io = new Server(http, {
  adapter,
  connectionStateRecovery: kind === "streams" ? { maxDisconnectionDuration: 60_000 } : undefined,
});
io.on("connection", (socket) => {
  socket.data = { name: socket.handshake.query.name };
  socket.join(socket.data.name);
  socket.on("in", (room, done) => {
    socket.join(room);
    done();
  });
  say({ event: "connected", args: [socket.data.name] });
});
io.on("told", (...args) => say({ event: "told", args }));
io.on("ask", (question, answer) => answer(`node: ${question}`));

const select = (from, { rooms = [], except = [] }) => {
  const to = rooms.length > 0 ? from.to(rooms) : from;
  return except.length > 0 ? to.except(except) : to;
};

const commands = {
  emit: (c) => void select(c.emitter ? emitter : io, c).emit(...c.args),
  acks: (c) => select(io.timeout(10_000), c).emitWithAck(...c.args),
  fetch: async (c) => (await select(io, c).fetchSockets()).map((s) => ({ rooms: [...s.rooms], data: s.data, path: s.handshake.url })),
  join: (c) => void select(c.emitter ? emitter : io, c).socketsJoin(c.to),
  leave: (c) => void select(c.emitter ? emitter : io, c).socketsLeave(c.to),
  disconnect: (c) => void select(c.emitter ? emitter : io, c).disconnectSockets(c.close),
  tell: (c) => void (c.emitter ? emitter : io).serverSideEmit(...c.args),
  ask: (c) => io.serverSideEmitWithAck(...c.args),
  count: () => io.of("/").adapter.serverCount(),
  rooms: async () => [...(await io.of("/").adapter.allRooms())],
};

http.listen(0, "127.0.0.1", () => say({ event: "listening", args: [http.address().port] }));
for await (const line of createInterface({ input: process.stdin })) {
  const command = JSON.parse(line, revive);
  Promise.resolve()
    .then(() => commands[command.do](command))
    .then((result) => say({ id: command.id, result: result ?? null }))
    .catch((error) => say({ id: command.id, error: String(error) }));
}
process.exit(0);
