// An official client that goes from server to server. It says what happens to it, a line of JSON
// each, and ends with its input.
//
//   node rover.mjs URL

import { io } from "socket.io-client";

const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");
const socket = io(process.argv[2], {
  transports: ["websocket"],
  query: { name: "rover" },
  reconnectionDelay: 20,
  reconnectionDelayMax: 200,
});
socket.on("connect", () => say({ event: "connect", id: socket.id, recovered: socket.recovered }));
socket.on("text", (text) => say({ event: "text", text }));
socket.on("binary", (bytes) => say({ event: "text", text: bytes.toString() }));
process.stdin.on("end", () => process.exit(0)).resume();
