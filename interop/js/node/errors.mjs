// Refused requests: their answers, the log of connection errors, other paths.

import { equal, holds } from "../lib/expect.mjs";
import { handshake, polling, request, webSocketHandshake } from "../lib/http.mjs";

const ANSWER_LIMIT_MS = 2_500;

const messages = ["Transport unknown", "Session ID unknown", "Bad handshake method", "Bad request", "Forbidden", "Unsupported protocol version"];

/** Requests that are refused, by the code of their error. */
const refused = [
  { code: 0, query: { EIO: "4" } },
  { code: 0, query: { EIO: "4", transport: "bogus" } },
  { code: 1, query: polling({ sid: "unknown-session-id-0" }) },
  { code: 2, query: polling(), method: "POST", body: "40" },
  { code: 3, query: { EIO: "4", transport: "websocket" } },
  { code: 5, query: { EIO: "3", transport: "polling" } },
];

const connectionErrors = async (t) => JSON.parse((await request(t.base, "/_ctl/errors")).text);

export const once = {
  "refused requests get status 400 and the code of their error": async (t) => {
    for (const { code, ...options } of refused) {
      const answer = await request(t.base, "/socket.io/", options);
      equal([answer.status, JSON.parse(answer.text)], [400, { code, message: messages[code] }], `status, error of ${JSON.stringify(options)}`);
      equal(answer.headers["content-type"]?.split(";")[0], "application/json", "content-type");
    }
  },

  "/_ctl/errors lists the connection errors of all servers, oldest first": async (t) => {
    for (const { code, ...options } of refused) await request(t.base, "/socket.io/", options);
    await handshake(t.base, "/guard/");
    await handshake(t.base, "/wsonly/");
    await webSocketHandshake(t.base, "/fast/", { query: { sid: "unknown-session-id-0" } });
    const codes = [...refused.map(({ code }) => ["/socket.io/", code]), ["/guard/", 4], ["/wsonly/", 0], ["/fast/", 1]];
    const want = codes.map(([path, code]) => ({ path, code, message: messages[code] }));
    equal((await connectionErrors(t)).slice(-want.length), want, "last errors");
  },

  "/_ctl/errors keeps the last hundred": async (t) => {
    for (let i = 0; i < 101; i++) await handshake(t.base, "/wsonly/");
    const errors = await connectionErrors(t);
    equal(errors.length, 100, "errors");
    equal(new Set(errors.map(({ path }) => path)), new Set(["/wsonly/"]), "paths");
  },

  "a session's requests over another transport are refused": async (t) => {
    const { open } = await handshake(t.base, "/socket.io/");
    const answer = await request(t.base, "/socket.io/", { query: { EIO: "4", transport: "websocket", sid: open.sid } });
    equal([answer.status, JSON.parse(answer.text).code], [400, 3], "status, code");
  },

  "other paths are not found": async (t) => {
    for (const path of ["/", "/nowhere/", "/_ctl/", "/socket.i"]) {
      equal((await request(t.base, path)).status, 404, `status of ${path}`);
    }
  },

  "a WebSocket on another path is answered or cut within two seconds": async (t) => {
    const began = Date.now();
    const answer = await webSocketHandshake(t.base, "/nowhere/");
    equal(answer.opened, false, "opened");
    holds(Date.now() - began < ANSWER_LIMIT_MS, "an end within two seconds", Date.now() - began);
  },
};
