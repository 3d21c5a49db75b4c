// A client whose events the compiler checks. client/chat.d.ts is made by `sio gen`.

import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, Line, Refused, Roster, ServerToClientEvents } from "./chat";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io("http://127.0.0.1:3000");

socket.on("said", (line: Line) => console.log(line.from ?? "somebody", line.text));
socket.on("moved", (room, presence) => console.log(presence.nick, presence.here ? "enters" : "leaves", room));
socket.on("roll", (ack) => ack([3, 4]));

const answer: Roster | Refused = await socket.emitWithAck("join", { room: "lobby", nick: "ann", as: "guest" });
if ("error" in answer) throw new Error(answer.error);
console.log(answer.members.map((member) => member.nick));

socket.emit("say", { text: "hello", replyTo: null });
socket.emit("is typing", "ann");
socket.emit("upload", "cat.png", new Uint8Array([1, 2, 3]), (path: string) => console.log(path));

// @ts-expect-error: clients do not send what the server sends
socket.emit("said", { text: "hello", replyTo: null });
// @ts-expect-error: a line has a text
socket.emit("say", { txt: "hello" });
// @ts-expect-error: there is no such role
socket.emit("join", { room: "lobby", nick: "ann", as: "king" }, () => undefined);
