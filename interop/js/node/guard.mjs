// /guard/: who may connect, and the headers that hooks and middleware add.

import { equal, oneOf } from "../lib/expect.mjs";
import { handshake, polling, request, webSocketHandshake } from "../lib/http.mjs";
import { ask, next, settle } from "../lib/wait.mjs";

const path = "/guard/";
const pass = { pass: "yes" };

/** The headers under test of an answer. */
function added({ headers }) {
  return { mw: headers["x-mw"], initial: headers["x-initial"], every: headers["x-every"] };
}

export const matrix = {
  "/guard/: a client with the word in its query connects": async (t) => {
    const socket = await t.connect({ path, query: pass });
    equal((await ask(socket, "handshake")).query.pass, "yes", "query");
  },

  "/guard/: a client with the word in a header connects": async (t) => {
    await settle(await t.connect({ path, extraHeaders: { "x-pass": "yes" } }));
  },

  "/guard/: a client without the word gets a connect_error": async (t) => {
    const socket = t.open({ path });
    const refused = next(socket, "connect_error");
    socket.connect();
    const [{ message }] = await refused;
    equal(message, t.webSocketOnly ? "websocket error" : "xhr poll error", "message");
  },
};

export const once = {
  "/guard/: a refused handshake over polling is 403 with the guard's message": async (t) => {
    const answer = await handshake(t.base, path);
    equal(answer.status, 403, "status");
    equal(answer.headers["content-type"]?.split(";")[0], "application/json", "content-type");
    equal(JSON.parse(answer.text), { code: 4, message: "denied by guard" }, "error");
    equal(added(answer).mw, "1", "x-mw");
  },

  "/guard/: a refused WebSocket handshake tells why": async (t) => {
    const answer = await webSocketHandshake(t.base, path);
    equal(answer.opened, false, "opened");
    oneOf(answer.status, [400, 403], "status");
    equal(answer.text.includes("denied by guard"), true, "the guard's message in the body");
  },

  "/guard/: only the handshake is guarded, not the polls of the session": async (t) => {
    const { open } = await handshake(t.base, path, { query: pass });
    const sent = await request(t.base, path, { method: "POST", query: polling({ sid: open.sid }), body: "40" });
    equal([sent.status, sent.text], [200, "ok"], "answer to the POST");
  },

  "/guard/: the initial headers come once, the others with every answer of a session": async (t) => {
    const first = await handshake(t.base, path, { query: pass });
    equal(added(first), { mw: "1", initial: "1", every: "1" }, "headers of the handshake");
    const query = polling({ sid: first.open.sid });
    const sent = await request(t.base, path, { method: "POST", query, body: "40" });
    const polled = await request(t.base, path, { query });
    equal([added(sent), added(polled)], [{ mw: "1", initial: undefined, every: "1" }, { mw: "1", initial: undefined, every: "1" }], "headers of POST and poll");
  },

  "/guard/: a WebSocket handshake carries the headers too": async (t) => {
    const answer = await webSocketHandshake(t.base, path, { query: pass });
    equal(answer.opened, true, "opened");
    const { mw, every } = added(answer);
    equal({ mw, every }, { mw: "1", every: "1" }, "headers");
  },

  "/guard/: the middleware answers by itself": async (t) => {
    const answer = await request(t.base, path, { query: polling({ ...pass, blocked: "1" }) });
    equal([answer.status, answer.text, answer.headers["x-mw"]], [503, "blocked", "1"], "status, body, x-mw");
    const socket = await webSocketHandshake(t.base, path, { query: { ...pass, blocked: "1" } });
    equal(socket.opened, false, "WebSocket opened");
  },
};
