// The page, whose events the compiler checks. chat.d.ts is made by `sio gen`.

import { io, type Socket } from "socket.io-client";
import type { ClientToServerEvents, Line, Refused, Roster, ServerToClientEvents } from "./chat";

const socket: Socket<ServerToClientEvents, ClientToServerEvents> = io();
const nick = `guest ${Math.ceil(Math.random() * 100)}`;

socket.on("said", (line: Line) => show(`${line.from ?? "somebody"}: ${line.text}`));
socket.on("moved", (room, presence) => show(`${presence.nick} ${presence.here ? "enters" : "leaves"} ${room}`));
socket.on("is typing", (who) => (document.querySelector("#typing")!.textContent = `${who} is typing`));
socket.on("roll", (ack) => ack([die(), die()]));

socket.on("connect", async () => {
  const answer: Roster | Refused = await socket.emitWithAck("join", { room: "lobby", nick, as: "guest" });
  if ("error" in answer) return show(answer.error);
  show(`in the lobby: ${answer.members.map((member) => member.nick).join(", ")}`);
});

const form = document.querySelector("form")!;
const input = form.querySelector("input")!;
input.addEventListener("input", () => socket.volatile.emit("is typing", nick));
form.addEventListener("submit", (event) => {
  event.preventDefault();
  socket.emit("say", { text: input.value, replyTo: null });
  form.reset();
});

function die(): number {
  return Math.ceil(Math.random() * 6);
}

function show(text: string) {
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("ul")!.append(item);
}
