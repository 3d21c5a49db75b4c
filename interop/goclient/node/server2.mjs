// The server of version 2 for the Go client's tests: it does what server.mjs does, as far as
// its protocol can.
import { createServer } from "node:http";
import Server from "socket.io-2";

const http = createServer();
const io = new Server(http);

io.on("connection", (socket) => {
  socket.join("everybody");
  socket.on("echo", (...args) => socket.emit("echo", ...args));
  socket.on("sum", (a, b, reply) => reply(a + b));
  socket.on("ask me", (text) => socket.emit("question", text, (answer) => socket.emit("asked", answer)));
  socket.on("tell everybody", (text) => io.to("everybody").emit("told", text));
  socket.on("leave me", () => socket.disconnect());
});

http.listen(0, "127.0.0.1", () => console.log(http.address().port));
process.stdin.on("end", () => process.exit(0)).resume();
