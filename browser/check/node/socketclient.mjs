// What the official suite of socket.io-client expects of its server, on Node's socket.io;
// interop/official has the same in Go.

import { createServer } from "node:http";
import { Server } from "./packages.mjs";

/** The HTTP server, not listening yet. */
export function socketClient() {
  const http = createServer();
  const io = new Server(http, {
    pingInterval: 2000,
    connectionStateRecovery: {},
    allowRequest: (_, decide) => setTimeout(decide, 10, null, true),
  });
  io.use(refuseIf(({ handshake }) => handshake.query.fail, "Auth failed (main namespace)"));
  io.of("/no").use(refuseIf(() => true, "Auth failed (custom namespace)"));
  for (const name of ["/timeout_socket", "/valid", "/asd"]) io.of(name);
  io.of("/foo").on("connection", (socket) => socket.on("getId", (reply) => reply(socket.id)));
  io.of("/abc").on("connection", (socket) => socket.emit("handshake", socket.handshake));
  io.on("connection", addEvents);
  return http;
}

const refuseIf = (condition, message) => (socket, next) => next(condition(socket) ? new Error(message) : undefined);

const bytes = Buffer.from("asdfasdf");
const words = ["てすと", "Я Б Г Д Ж Й", "Ä ä Ü ü ß", "utf8 — string", "utf8 — string"];
const isMixed = (o) => o?.hello === "lol" && Buffer.isBuffer(o.message) && o.goodbye === "gotcha";

function addEvents(socket) {
  let binaryBefore = false;
  let blobs = 0;
  const events = {
    hi: () => socket.emit("hi"),
    echo: (value, reply) => reply(value),
    ack: () => socket.emit("ack", (number, object) => number === 5 && object?.test === true && socket.emit("got it")),
    getAckDate: (_, reply) => reply(new Date()),
    getDate: () => socket.emit("takeDate", new Date()),
    getDateObj: () => socket.emit("takeDateObj", { date: new Date() }),
    getUtf8: () => words.forEach((text) => socket.emit("takeUtf8", text)),
    false: () => socket.emit("false", false),
    doge: () => socket.emit("doge", bytes),
    getbin: () => socket.emit("takebin", bytes),
    buffa: (value) => Buffer.isBuffer(value) && socket.emit("buffack"),
    jsonbuff: (value) => isMixed(value) && socket.emit("jsonbuff-ack"),
    abuff1: (value) => (binaryBefore = Buffer.isBuffer(value)),
    abuff2: () => binaryBefore && socket.emit("abuff2-ack"),
    blob: (value) => Buffer.isBuffer(value) && socket.emit("back"),
    jsonblob: (value) => isMixed(value) && socket.emit("jsonblob-ack"),
    blob1: (value) => (blobs = Buffer.isBuffer(value) ? 1 : 0),
    blob2: (value) => (blobs = value === "second" && blobs === 1 ? 2 : 0),
    blob3: (value) => Buffer.isBuffer(value) && blobs === 2 && socket.emit("blob3-ack"),
    getHandshake: (reply) => reply(socket.handshake),
    getId: (reply) => reply(socket.id),
  };
  for (const [event, handle] of Object.entries(events)) socket.on(event, handle);
}
