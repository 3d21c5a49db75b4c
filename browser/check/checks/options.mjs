// behaviour.md §3.2: the options of io, Socket and Manager, and their defaults.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { ask, next, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, polling, soon, upgrade, webSocket } from "../lib/check.mjs";
import { msgpack } from "../lib/packages.mjs";

export const source = "behaviour 3.2";

/** What a manager has by default. */
const byDefault = (method, want) => (t) => equal(t.manager("http://defaults.test", { autoConnect: false })[method](), want, method);

/** A parser of Node's Buffers that takes an ArrayBuffer as well, as it does in browsers. */
const bytesOf = ({ Encoder, Decoder }) => ({
  Encoder,
  Decoder: class extends Decoder {
    add(data) {
      super.add(Buffer.from(data));
    }
  },
});

/** The message of the connect_error. */
async function refusal(t, socket) {
  const refused = next(socket, "connect_error");
  socket.connect();
  const [error] = await refused;
  return error.message;
}

export const checks = {
  "auth: an object is sent when the namespace is joined": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...webSocket, nsp: "/auth", auth: { token: "secret" } });
    equal(line.sentLike(/^40/), ['40/auth,{"token":"secret"}'], "CONNECT");
  },

  "auth: by default none is sent": async (t) => {
    const line = await t.line();
    await t.connect(line, webSocket);
    equal(line.sentLike(/^40/), ["40"], "CONNECT");
  },

  "auth: a function is called and passes the object on, when it likes": async (t) => {
    const line = await t.line();
    const auth = (pass) => queueMicrotask(() => pass({ token: "secret" }));
    await t.connect(line, { ...webSocket, nsp: "/auth", auth });
    equal(line.sentLike(/^40/), ['40/auth,{"token":"secret"}'], "CONNECT");
  },

  "auth: the function is called for each connection": async (t) => {
    const line = await t.line();
    let calls = 0;
    const socket = await t.connect(line, { ...webSocket, ...soon, auth: (pass) => pass({ call: ++calls }) });
    line.cut();
    await next(socket, "connect");
    equal(line.sentLike(/^40/), ['40{"call":1}', '40{"call":2}'], "CONNECT");
  },

  "auth: a function may return a promise of the object": beyond(async (t) => {
    const line = await t.line();
    await t.connect(line, { ...webSocket, nsp: "/auth", auth: async () => ({ token: "secret" }) });
    equal(line.sentLike(/^40/), ['40/auth,{"token":"secret"}'], "CONNECT");
  }),

  "retries: by default nothing is sent twice": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ackTimeout: 10 });
    const error = await new Promise((resolve) => socket.emit("no-ack", resolve));
    await ask(socket.timeout(10_000), "undef");
    equal([error instanceof Error, line.sentLike(/"no-ack"/).length], [true, 1], "error, packets");
  },

  "ackTimeout: is the timeout of acknowledgements that have none of their own": async (t) => {
    const socket = await t.connect(await t.line(), { ...webSocket, ackTimeout: 10 });
    const error = await new Promise((resolve) => socket.emit("no-ack", resolve));
    equal(error.message, "operation has timed out", "error");
  },

  "ackTimeout: by default acknowledgements are awaited for ever": async (t) => {
    const clock = t.clock(1);
    const socket = await t.connect(await t.line(), webSocket);
    const before = clock.delays.length;
    socket.emit("no-ack", () => {});
    equal(clock.delays.length, before, "timers");
  },

  "path: by default requests go to /socket.io/": async (t) => {
    const line = await t.line();
    await t.connect(line, polling);
    equal(new Set(line.requests.map(({ path }) => path)), new Set(["/socket.io/"]), "paths");
  },

  "path: is where requests go": async (t) => {
    const line = await t.line();
    await t.upgraded(line, { path: "/cookie" });
    equal(new Set(line.requests.map(({ path }) => path)), new Set(["/cookie/"]), "paths");
  },

  "reconnection: is on by default": byDefault("reconnection", true),
  "reconnectionAttempts: has no limit by default": byDefault("reconnectionAttempts", Infinity),
  "reconnectionDelay: is 1000 by default": byDefault("reconnectionDelay", 1000),
  "reconnectionDelayMax: is 5000 by default": byDefault("reconnectionDelayMax", 5000),
  "randomizationFactor: is 0.5 by default": byDefault("randomizationFactor", 0.5),
  "timeout: is 20000 by default": byDefault("timeout", 20000),

  "timeout: an attempt that takes longer fails": async (t) => {
    const line = await t.line();
    line.fault = () => "hang";
    equal(await refusal(t, t.open(line, { timeout: 10 })), "timeout", "error");
  },

  "timeout: false waits as long as it takes": async (t) => {
    const line = await t.line();
    line.fault = () => "hang";
    const clock = t.clock(1);
    t.open(line, { timeout: false }).connect();
    await line.asked(() => true);
    equal(clock.delays, [], "timers");
  },

  "autoConnect: connects at once by default": async (t) => {
    const line = await t.line();
    const socket = t.io(line.url, { ...webSocket, forceNew: true });
    await next(socket, "connect");
    equal(socket.connected, true, "connected");
  },

  "autoConnect: false waits for connect": async (t) => {
    const line = await t.line();
    const socket = t.io(line.url, { ...webSocket, forceNew: true, autoConnect: false });
    equal([socket.active, socket.io.engine], [false, undefined], "active, engine");
    await t.connected(socket);
    equal(line.requests.length, 1, "requests");
  },

  "parser: takes the place of the default one": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, path: "/mp/", parser: bytesOf(msgpack) });
    equal(await ask(socket, "echo", { answer: 42 }), { answer: 42 }, "echo");
    holds(line.sent.some(({ packet }) => Buffer.isBuffer(packet)), "packets in bytes", line.sent);
  },

  "host, port and secure: say where, in place of a URI": async (t) => {
    const line = await t.line();
    const options = { ...webSocket, host: "127.0.0.1", port: line.port, secure: false, autoConnect: false, reconnection: false };
    const socket = t.manager(options).socket("/");
    await t.connected(socket);
    equal(socket.connected, true, "connected");
  },

  "hostname: says where, too": async (t) => {
    const line = await t.line();
    const options = { ...webSocket, hostname: "127.0.0.1", port: line.port, autoConnect: false, reconnection: false };
    await t.connected(t.manager(options).socket("/"));
    equal(line.requests.length, 1, "requests");
  },

  "query: is sent with each request": async (t) => {
    const line = await t.line();
    const socket = await t.upgraded(line, { query: { "a b": "c&d", n: 1 } });
    for (const { query } of line.requests) equal([query["a b"], query.n], ["c&d", "1"], "query");
    equal((await ask(socket, "handshake")).query.n, "1", "query at the server");
  },

  "query: by default a request has only what Engine.IO needs": async (t) => {
    const line = await t.line();
    await t.connect(line, polling);
    equal(Object.keys(line.requests[0].query).sort(), ["EIO", "t", "transport"], "query");
  },

  "transports: by default polling begins, and WebSocket goes on": async (t) => {
    const line = await t.line();
    const socket = await t.upgraded(line);
    equal([line.requests[0].query.transport, socket.io.engine.transport.name], ["polling", "websocket"], "transports");
  },

  "transports: the first is the one to begin with": async (t) => {
    const line = await t.line();
    await t.connect(line, { transports: ["websocket", "polling"] });
    equal(line.requests.map(({ method }) => method), ["WS"], "requests");
  },

  "transports: one that is not named is not moved on to": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    await ask(socket, "whoami");
    equal(line.requests.some(({ method }) => method === "WS"), false, "a WebSocket");
  },

  "transports: an empty list is an error": async (t) => {
    const socket = t.open(await t.line(), { transports: [] });
    const failed = next(socket.io, "error");
    socket.connect();
    const [error] = await failed;
    holds(/no transport/i.test(error.message ?? error), "an error that says so", error);
  },

  "transports: may be classes": async (t) => {
    const line = await t.line();
    const socket = await t.upgraded(line, { transports: [t.client.Fetch, t.client.WebSocket] });
    equal(socket.io.engine.transport.name, "websocket", "transport");
  },

  "transportImplementations: are classes of transports": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { transportImplementations: [t.client.WebSocket] });
    equal(socket.io.engine.transport.name, "websocket", "transport");
  },

  "transportImplementations: cannot be combined with transports": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { ...webSocket, transportImplementations: [t.client.WebSocket] });
    let thrown;
    try {
      socket.connect();
    } catch (error) {
      thrown = error;
    }
    holds(thrown instanceof Error, "an error", thrown);
  },

  "tryAllTransports: by default the first one's failure is the connection's": async (t) => {
    const line = await t.line();
    line.fault = ({ method }) => (method === "WS" ? undefined : { status: 500 });
    const message = await refusal(t, t.open(line, upgrade));
    equal([message, line.requests.length], ["xhr poll error", 1], "error, requests");
  },

  "tryAllTransports: goes on to the next when the first does not open": async (t) => {
    const socket = await t.connect(await t.line(), { ...upgrade, path: "/wsonly/", tryAllTransports: true });
    equal(socket.io.engine.transport.name, "websocket", "transport");
  },

  "tryAllTransports: from WebSocket to polling, too": async (t) => {
    const transports = ["websocket", "polling"];
    const socket = await t.connect(await t.line(), { transports, path: "/pollonly/", tryAllTransports: true });
    equal(socket.io.engine.transport.name, "polling", "transport");
  },

  "tryAllTransports: fails when the last has failed": async (t) => {
    const line = await t.line();
    line.fault = () => ({ status: 500 });
    equal(await refusal(t, t.open(line, { ...upgrade, tryAllTransports: true })), "websocket error", "error");
    equal(line.requests.map(({ query }) => query.transport), ["polling", "websocket"], "requests");
  },

  "upgrade: false stays with the first transport": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...upgrade, upgrade: false });
    await ask(socket, "whoami");
    equal(line.requests.some(({ method }) => method === "WS"), false, "a WebSocket");
  },

  "rememberUpgrade: by default the next connection begins with polling again": async (t) => {
    const line = await t.line();
    await t.upgraded(line);
    const from = line.requests.length;
    await t.connect(line);
    equal(line.requests[from].query.transport, "polling", "transport");
  },

  "rememberUpgrade: the next connection begins with WebSocket": async (t) => {
    const line = await t.line();
    await t.connect(line, polling); // which is remembered as well
    await t.upgraded(line, { rememberUpgrade: true });
    const from = line.requests.length;
    await t.connect(line, { rememberUpgrade: true });
    equal(line.requests[from].query.transport, "websocket", "transport");
  },

  "rememberUpgrade: a WebSocket that fails is forgotten": async (t) => {
    const line = await t.line();
    await t.connect(line, polling); // which is remembered as well
    await t.upgraded(line, { rememberUpgrade: true });
    line.fault = ({ method }) => (method === "WS" ? { status: 503 } : undefined);
    await refusal(t, t.open(line, { rememberUpgrade: true }));
    const from = line.requests.length;
    await t.connect(line, { rememberUpgrade: true });
    equal(line.requests[from].query.transport, "polling", "transport");
  },

  "forceBase64: bytes travel as base64 on a WebSocket, which b64=1 asks for": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, forceBase64: true });
    await ask(socket, "echo", Uint8Array.of(1, 2, 3));
    equal([line.requests[0].query.b64, line.sentLike(/^b/)], ["1", ["bAQID"]], "b64, packets");
  },

  "timestampRequests: polling has a value of its own in each request": async (t) => {
    const line = await t.line();
    await t.connect(line, polling);
    const stamps = line.requests.map(({ query }) => query.t);
    holds(stamps.every((stamp) => /^[\w.-]{5,8}$/.test(stamp)), "up to eight characters", stamps);
    equal(new Set(stamps).size, stamps.length, "different ones");
  },

  "timestampRequests: WebSocket has none by default": async (t) => {
    const line = await t.line();
    await t.connect(line, webSocket);
    equal("t" in line.requests[0].query, false, "t");
  },

  "timestampRequests: true stamps WebSockets": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...webSocket, timestampRequests: true });
    equal("t" in line.requests[0].query, true, "t");
  },

  "timestampRequests: false stamps nothing": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...polling, timestampRequests: false });
    equal(line.requests.some(({ query }) => "t" in query), false, "t");
  },

  "timestampParam: is the name of the stamp": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...polling, timestampParam: "ts" });
    equal(["ts" in line.requests[0].query, "t" in line.requests[0].query], [true, false], "ts, t");
  },

  "transportOptions: are those of one transport": async (t) => {
    const line = await t.line();
    const transportOptions = { polling: { extraHeaders: { "x-polling": "1" } } };
    await t.upgraded(line, { transportOptions });
    for (const { method, headers } of line.requests) equal(headers["x-polling"], method === "WS" ? undefined : "1", method);
  },

  "extraHeaders: are sent with the requests of polling": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...polling, extraHeaders: { "x-pass": "yes" }, path: "/guard/" });
    for (const { headers } of line.requests) equal(headers["x-pass"], "yes", "header");
  },

  "closeOnBeforeunload: by default beforeunload changes nothing": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    t.page.fire("beforeunload");
    await ask(socket, "undef");
    equal(socket.connected, true, "connected");
  },

  "closeOnBeforeunload: closes the connection and says nothing": async (t) => {
    const line = await t.line();
    const watcher = await t.connect(line, webSocket);
    const socket = await t.connect(line, { ...webSocket, closeOnBeforeunload: true });
    const { id } = socket;
    await ask(watcher, "watch");
    const gone = next(watcher, "gone", (who) => who.id === id);
    let said = 0;
    socket.on("disconnect", () => said++);
    t.page.fire("beforeunload");
    await gone;
    equal(said, 0, "disconnect events");
  },

  "closeOnBeforeunload: nobody listens any more once the connection has ended": async (t) => {
    const before = t.page.listeners("beforeunload");
    const socket = await t.connect(await t.line(), { ...webSocket, closeOnBeforeunload: true });
    equal(t.page.listeners("beforeunload") > before, true, "listens");
    socket.disconnect();
    await until("nobody to listen", () => t.page.listeners("beforeunload") === before);
  },

  "useNativeTimers: by default timers that replace the browser's are used": async (t) => {
    const clock = t.clock();
    const line = await t.line();
    line.fault = () => "hang";
    t.open(line, { timeout: 777 }).connect();
    equal(clock.delays.includes(777), true, "a timer");
  },

  "useNativeTimers: keeps to the timers that were there first": async (t) => {
    const clock = t.clock();
    const line = await t.line();
    line.fault = () => "hang";
    t.open(line, { timeout: 777, useNativeTimers: true }).connect();
    equal(clock.delays.includes(777), false, "a timer");
  },

  "addTrailingSlash: false leaves the path as it is": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...webSocket, path: "/noslash", addTrailingSlash: false });
    equal(line.requests[0].path, "/noslash", "path");
  },

  "protocols: are offered by the WebSocket": async (t) => {
    const line = await t.line();
    const opened = t.open(line, { ...webSocket, protocols: ["chat", "other"] });
    opened.connect();
    const [{ headers }] = await line.asked(({ method }) => method === "WS");
    equal(headers["sec-websocket-protocol"].replaceAll(" ", ""), "chat,other", "protocols");
  },

  "options are kept by reference: a query that changes is sent from the next connection on": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon, query: { try: "1" } });
    socket.io.opts.query.try = "2";
    line.cut();
    await next(socket, "connect");
    equal(line.requests.map(({ query }) => query.try), ["1", "2"], "query");
  },

  "options are kept by reference: headers that change are sent from the next connection on": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...polling, ...soon, extraHeaders: { "x-try": "1" } });
    socket.io.opts.extraHeaders["x-try"] = "2";
    const from = line.requests.length;
    line.cut();
    await next(socket, "connect");
    equal(line.requests.slice(from).find(({ query }) => !query.sid).headers["x-try"], "2", "header");
  },

};
