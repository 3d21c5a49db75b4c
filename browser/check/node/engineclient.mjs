// What the official suite of engine.io-client expects of its server, on Node's engine.io;
// interop/official has the same in Go.

import { createServer } from "node:http";
import { Engine } from "./packages.mjs";

const cookies = () => [
  "1=1; Max-Age=86400",
  "2=2; Path=/; HttpOnly; Secure; SameSite=Strict",
  "3=3; Max-Age=0",
  `4=4; Expires=${new Date().toUTCString()}`,
];

/** The HTTP server, not listening yet. */
export function engineClient() {
  const http = createServer();
  const engine = new Engine({
    pingInterval: 500,
    maxHttpBufferSize: 100,
    allowRequest: ({ _query }, decide) => decide(null, !("deny" in _query)),
  });
  engine.attach(http, { path: "/engine.io/" });
  engine.on("initial_headers", (headers) => (headers["set-cookie"] = cookies()));
  engine.on("connection", (session) => {
    session.send("hi");
    session.on("message", (message) => session.send(answerTo(session, message)));
  });
  return http;
}

function answerTo(session, message) {
  switch (message) {
    case "give binary":
      return Buffer.from([0, 1, 2, 3, 4]);
    case "give utf8":
      return "пойду спать всем спокойной ночи";
    case "sendHeaders":
      return JSON.stringify(session.transport.dataReq?.headers ?? {});
  }
  return message;
}
