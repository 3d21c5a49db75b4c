// A server for the Go client's tests, on a free port, which it prints. With the argument
// "msgpack" it has the parser of that name. It ends with its standard input.
import { createServer } from "node:http";
import { Server } from "socket.io";
import * as msgpack from "socket.io-msgpack-parser";

const http = createServer();
const io = new Server(http, {
  connectionStateRecovery: { maxDisconnectionDuration: 60_000 },
  ...(process.argv.includes("msgpack") && { parser: msgpack }),
});

io.on("connection", (socket) => {
  socket.join("everybody");
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("sum", (a, b, reply) => reply(a + b));
  socket.on("ask me", async (text) => socket.emit("asked", await socket.emitWithAck("question", text)));
  socket.on("hang up", (missed) => {
    socket.conn.close();
    setTimeout(() => {
      for (let i = 0; i < missed; i++) io.to("everybody").emit("missed", i);
    }, 50);
  });
  socket.on("tell everybody", (text) => io.to("everybody").emit("told", text));
  socket.on("leave me", () => socket.disconnect());
});

io.of("/admin").use((socket, next) => {
  if (socket.handshake.auth.token === "secret") return next();
  const refusal = new Error("not authorized");
  refusal.data = { code: 401 };
  next(refusal);
});
io.of("/admin").on("connection", (socket) => {
  socket.emit("welcome", socket.handshake.auth, socket.handshake.query.room, socket.handshake.headers["x-token"]);
});

http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
