// What is not a Socket.IO server, or not now: the client says what is wrong, waits, and
// tries again; and nothing is thrown where nobody catches it.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, polling, soon, upgrade, webSocket } from "../lib/check.mjs";

export const source = "bad input";

const json = { "content-type": "application/json" };
const html = { "content-type": "text/html" };

/**
 * A check that the answer in the server's place is told by two connect_errors, each of
 * which `look` gets, that the client is still active, and that it is connected once the
 * server is back.
 */
const recovers = (fault, look = () => {}, options = polling) => async (t) => {
  const line = await t.line();
  line.fault = typeof fault === "function" ? fault : () => fault;
  const socket = t.open(line, { ...options, ...soon });
  const errors = collect(socket, "connect_error");
  socket.connect();
  await errors.count(2);
  for (const [error] of errors.items) {
    equal(error instanceof Error, true, "an error");
    if (t.client.name === "ours") equal(error.type, "TransportError", "type"); // the official one's are not all of a type
    look(error);
  }
  equal(socket.active, true, "active");
  const back = next(socket, "connect");
  line.fault = undefined;
  await back;
  await settle(socket);
};

/** The same for an answer whose status the error has. */
const status = (answer) => recovers(answer, (error) => equal(error.description, answer.status, "status"));

export const checks = {
  "HTML of status 200 is no server": recovers({ status: 200, headers: html, body: "<!doctype html><title>Hello</title>" }),
  "HTML of status 404 is no server": status({ status: 404, headers: html, body: "<h1>Not Found</h1>" }),
  "an empty answer is no handshake": recovers({ status: 200, body: "" }),

  "what was answered in place of a handshake can be read": beyond(
    recovers({ status: 200, headers: html, body: "<!doctype html><title>Hello</title>" }, ({ description }) =>
      holds(/Hello/.test(description), "the beginning of the answer", description),
    ),
  ),

  // The official client throws the error of JSON.parse where no program can catch it.
  "a handshake in broken JSON is an error of the connection": beyond(recovers({ status: 200, body: '0{"sid":' })),
  "a handshake that is no object is an error of the connection": beyond(recovers({ status: 200, body: "0null" })),
  "by WebSocket as well": beyond(async (t) => {
    const line = await t.line();
    line.hide = /^0/;
    const socket = t.open(line, { ...webSocket, ...soon });
    const failed = next(socket, "connect_error");
    socket.connect();
    await line.asked(({ status }) => status === 101);
    await until("the WebSocket to be open", () => socket.io.engine.transport.readyState === "open");
    line.say('0{"sid":');
    equal((await failed)[0].type, "TransportError", "type");
    line.hide = undefined;
    await next(socket, "connect");
  }),

  "another content type than text is read all the same": async (t) => {
    const line = await t.line();
    line.rewrite = ({ headers, text }) => ({ headers: { ...headers, "content-type": "application/octet-stream" }, text });
    const socket = await t.connect(line, polling);
    await settle(socket);
  },

  "JSON that is no refusal of Engine.IO is no server": status({ status: 400, headers: json, body: '{"error":"no"}' }),
  "JSON that is null is no server": status({ status: 400, headers: json, body: "null" }),
  "a redirection that leads nowhere is an error": recovers({ status: 301, headers: {} }),
  "a redirection to a page is an error": recovers(({ path }) =>
    path === "/login" ? { status: 200, headers: html, body: "<form>" } : { status: 302, headers: { location: "/login" } },
  ),
  "a body that is too large is an error": status({ status: 413 }),
  "too many requests are an error": status({ status: 429, headers: { "retry-after": "1" } }),
  "a server that is overloaded is an error, and is tried again when its time has come": status({
    status: 503,
    headers: { "retry-after": "3600" },
    body: "come back later",
  }),
  "a gateway without a server is an error": status({ status: 502, headers: html, body: "<h1>Bad Gateway</h1>" }),
  "a connection that is cut is an error": recovers("cut"),
  "a WebSocket that is refused is an error": recovers({ status: 403 }, ({ message }) => equal(message, "websocket error", "message"), webSocket),
  "a WebSocket that is cut is an error": recovers("cut", undefined, webSocket),

  "the server's refusal is told by its code and its message": beyond(
    recovers({ status: 403, headers: json, body: '{"code":4,"message":"come with a ticket"}' }, ({ code, message, data, description }) =>
      equal([code, message, data, description], [4, "come with a ticket", { code: 4, message: "come with a ticket" }, 403], "code, message, data, status"),
    ),
  ),

  "a server that falls silent in its handshake is given up after the timeout": async (t) => {
    const line = await t.line();
    line.fault = () => "hang";
    const socket = t.open(line, { ...polling, ...soon, timeout: 20 });
    const failed = next(socket, "connect_error");
    socket.connect();
    equal((await failed)[0].message, "timeout", "error");
    line.fault = undefined;
    socket.io.timeout(20_000);
    await next(socket, "connect");
  },

  "where WebSocket is blocked polling goes on": async (t) => {
    for (const block of [{ status: 403 }, "cut"]) {
      const line = await t.line();
      line.fault = ({ method }) => (method === "WS" ? block : undefined);
      const socket = t.open(line, upgrade);
      socket.connect();
      const failed = next(socket.io.engine, "upgradeError");
      await next(socket, "connect");
      await failed;
      await settle(socket);
      equal(socket.io.engine.transport.name, "polling", "transport");
    }
  },

  "where WebSocket hangs polling goes on meanwhile": async (t) => {
    const line = await t.line();
    line.fault = ({ method }) => (method === "WS" ? "hang" : undefined);
    const socket = await t.connect(line, upgrade);
    await line.asked(({ method }) => method === "WS");
    await settle(socket);
    equal(socket.io.engine.transport.name, "polling", "transport");
  },

  // In Node the official client has a WebSocket of its own.
  "where there is no WebSocket, or none may be made, polling goes on": beyond(async (t) => {
    const { WebSocket } = globalThis;
    t.defer(() => (globalThis.WebSocket = WebSocket));
    for (const blocked of [undefined, () => refuse("WebSocket")]) {
      globalThis.WebSocket = blocked;
      const socket = t.open(await t.line(), upgrade);
      socket.connect();
      const failed = next(socket.io.engine, "upgradeError");
      await next(socket, "connect");
      await failed;
      await settle(socket);
      equal(socket.io.engine.transport.name, "polling", "transport");
    }
  }),

  "a host that is none throws where it is given": beyond((t) => {
    let thrown;
    try {
      t.io("http://256.256.256.256", { autoConnect: false });
    } catch (error) {
      thrown = error;
    }
    holds(thrown instanceof Error, "an error", thrown);
  }),

  "an answer of garbage ends a connection that was up, which comes back": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...polling, ...soon });
    let garbled = false;
    line.fault = ({ method, query }) => {
      if (garbled || method !== "GET" || !query.sid) return;
      garbled = true;
      return { status: 200, headers: html, body: "<!doctype html>" };
    };
    const [ended, back] = [next(socket, "disconnect"), next(socket, "connect")];
    socket.emit("echo", 1);
    equal((await ended)[0], "transport error", "reason");
    await back;
    await settle(socket);
  },

  "a poll that is answered by a proxy's error ends the connection, which comes back": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...polling, ...soon });
    let failed = false;
    line.fault = ({ method, query }) => {
      if (failed || method !== "GET" || !query.sid) return;
      failed = true;
      return { status: 504, headers: html, body: "<h1>Gateway Timeout</h1>" };
    };
    const [ended, back] = [next(socket, "disconnect"), next(socket, "connect")];
    socket.emit("echo", 1);
    const [reason, error] = await ended;
    equal([reason, error.type, error.description], ["transport error", "TransportError", 504], "reason, error, status");
    await back;
    await settle(socket);
  },

  "auth that throws or is rejected is a connect_error": beyond(async (t) => {
    const auth = async () => {
      throw new Error("no token today");
    };
    const socket = t.open(await t.line(), { ...webSocket, auth });
    const failed = next(socket, "connect_error");
    socket.connect();
    equal((await failed)[0].message, "no token today", "error");
  }),

  "blocked storage is none of its business: it uses none": async (t) => {
    const names = ["localStorage", "sessionStorage", "indexedDB"];
    for (const name of names) Object.defineProperty(globalThis, name, { configurable: true, get: () => refuse(name) });
    t.defer(() => names.forEach((name) => delete globalThis[name]));
    const socket = await t.upgraded(await t.line());
    await settle(socket);
  },
};

function refuse(name) {
  throw new Error(`${name} is blocked`);
}
