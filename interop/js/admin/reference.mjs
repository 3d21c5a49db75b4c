// The official server with its admin, doing what interop/admin does.

import { instrument } from "@socket.io/admin-ui";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import { Server } from "socket.io";

/** The hash of the password, as interop/admin has it. */
const [, password] = readFileSync(new URL("../../admin/main.go", import.meta.url), "utf8").match(/const secret = "(.*)"/);

export async function startReference() {
  const server = http.createServer();
  const io = new Server(server);
  instrument(io, { auth: { type: "basic", username: "ada", password }, mode: "development", serverId: "the-server" });
  io.on("connection", (socket) => {
    socket.join("lobby");
    socket.on("echo", (arg) => socket.emit("echoed", arg));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { base: `http://127.0.0.1:${server.address().port}`, close: () => io.close() };
}
