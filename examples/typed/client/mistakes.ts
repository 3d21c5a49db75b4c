// What the compiler finds, so that nobody has to find it at run time. This is compiled by
// the tests, which fail where one of these is none; it is never run.

import type { Socket } from "socket.io-client";
import type { ClientToServerEvents, ServerToClientEvents } from "./chat";

declare const socket: Socket<ServerToClientEvents, ClientToServerEvents>;

// @ts-expect-error: clients do not send what the server sends
socket.emit("said", { text: "hello", replyTo: null });
// @ts-expect-error: a line has a text
socket.emit("say", { txt: "hello" });
// @ts-expect-error: there is no such role
socket.emit("join", { room: "lobby", nick: "ann", as: "king" }, () => undefined);
// @ts-expect-error: two dice are thrown
socket.on("roll", (ack) => ack([6]));
