// behaviour.md §3.10: what the transports put on the wire.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { ask, collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, differs, filled, journal, polling, soon, upgrade, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.10";

const posts = (line) => line.requests.filter(({ method }) => method === "POST");
/** A line to a server that takes bodies of 1000 bytes, as it says. */
async function narrow(t) {
  const line = await t.line();
  line.rewrite = ({ headers, text }) => ({ headers, text: text.replace('"maxPayload":1000000', '"maxPayload":1000') });
  return line;
}

const polls = (line) => line.requests.filter(({ method }) => method === "GET");

export const checks = {
  "polling: one GET waits at a time": async (t) => {
    const line = await t.line();
    let waiting = 0;
    let most = 0;
    const socket = t.open(line, polling);
    line.fault = ({ method }) => {
      if (method === "GET") most = Math.max(most, ++waiting);
    };
    const settled = setInterval(() => (waiting = polls(line).filter(({ status }) => !status).length), 1);
    t.defer(() => clearInterval(settled));
    await t.connected(socket);
    for (let i = 0; i < 5; i++) await ask(socket, "echo", i);
    const answered = polls(line).filter(({ status }) => status);
    equal([polls(line).length - answered.length <= 1, most <= 2], [true, true], "one without an answer");
  },

  "polling: one POST is on its way at a time, and what comes meanwhile goes with the next": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    const from = posts(line).length;
    for (let i = 0; i < 10; i++) socket.emit("echo", i);
    await line.hears(/^42\["echo",9\]/);
    equal(posts(line).length - from <= 2, true, "two POSTs at most");
  },

  "polling: a GET follows the other as long as the connection is up": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    const before = polls(line).length;
    await settle(socket);
    await until("another GET", () => polls(line).length > before);
  },

  "polling: each request after the first has the session's id": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    const [first, ...rest] = line.requests;
    equal(["sid" in first.query, rest.every(({ query }) => query.sid === socket.io.engine.id)], [false, true], "sid");
  },

  "polling: a POST is text/plain in UTF-8": async (t) => {
    const line = await t.line();
    await t.connect(line, polling);
    equal(posts(line)[0].headers["content-type"].toLowerCase().replace(" ", ""), "text/plain;charset=utf-8", "content type");
  },

  "polling: bytes travel as base64": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    equal(await ask(socket, "describe", Uint8Array.of(0, 255)), [{ bin: "00ff" }], "what came");
    equal(line.sentLike(/^b/), ["bAP8="], "packets");
  },

  "polling: bytes come back as bytes": async (t) => {
    const socket = await t.connect(await t.line(), polling);
    const came = next(socket, "bin");
    socket.emit("send-bin", 300);
    const [{ buf, list, n }] = await came;
    equal([[...new Uint8Array(buf)], [...new Uint8Array(list[0])], list[1], n], [Array.from({ length: 300 }, (_, i) => i % 256), [0xde, 0xad], "x", 300], "bytes");
  },

  "polling: text of all planes survives": async (t) => {
    const socket = await t.connect(await t.line(), polling);
    for (const text of ["日本語", "😀🎉", "\u2028\u2029", "\x1e\x00", "ÿ\u0080"]) equal(await ask(socket, "echo", text), text, "echo");
  },

  "polling: a body is no longer than maxPayload": async (t) => {
    const line = await narrow(t);
    const socket = await t.connect(line, polling);
    const echoes = collect(socket, "echo");
    for (let i = 0; i < 20; i++) socket.emit("echo", `${i}`.padEnd(200, "é"));
    await echoes.count(20);
    equal(posts(line).every(({ body }) => Buffer.byteLength(body) <= 1000), true, "bodies of 1000 bytes at most");
    equal(echoes.items.map(([text]) => parseInt(text, 10)), Array.from({ length: 20 }, (_, i) => i), "order");
  },

  "polling: bytes count as base64 does": async (t) => {
    const line = await narrow(t);
    const socket = await t.connect(line, polling);
    const echoes = collect(socket, "echo");
    for (let i = 0; i < 6; i++) socket.emit("echo", new Uint8Array(300).fill(i));
    await echoes.count(6);
    equal(posts(line).every(({ body }) => body.length <= 1000), true, "bodies of 1000 bytes at most");
  },

  "polling: a packet that is longer than maxPayload is still sent": async (t) => {
    const line = await narrow(t);
    const socket = await t.connect(line, polling);
    socket.emit("echo", "x".repeat(2000));
    const [post] = await line.asked(({ method, body }) => method === "POST" && body?.length > 2000);
    equal(post.body.length, 4 + 2 * 4 + 2000 + 1, "length of the body");
  },

  "polling: the end is a packet close, by POST": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    socket.disconnect();
    await line.hears(/^1$/);
    equal(line.sentLike(/^(41|1)$/), ["41", "1"], "packets");
  },

  "polling: the server's packet close ends the connection": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    const ended = next(socket, "disconnect");
    socket.emit("disconnect-me", true);
    equal((await ended)[0], "io server disconnect", "reason");
  },

  "polling: a close that comes by itself is a transport close": async (t) => {
    const line = await t.line();
    let closing = false;
    line.fault = ({ method, query }) => (closing && method === "GET" && query.sid ? { status: 200, headers: { "content-type": "text/plain" }, body: "1" } : undefined);
    const socket = await t.connect(line, polling);
    const ended = next(socket, "disconnect");
    closing = true;
    socket.emit("echo", 1);
    const [reason, details] = await ended;
    equal([reason, details.description], ["transport close", "transport closed by the server"], "reason, description");
  },

  "polling: packets that come before a close in one body are delivered": beyond(async (t) => {
    const line = await t.line();
    let body;
    line.fault = ({ method, query }) => (body && method === "GET" && query.sid ? { status: 200, body } : undefined);
    const socket = await t.connect(line, polling);
    const noted = journal(socket, "last words", "disconnect");
    body = '42["last words"]\x1e1';
    socket.emit("echo", 1);
    await filled(noted, 2);
    equal(noted.sort(), ["disconnect", "last words"], "events");
  }),

  "polling: a POST that is refused ends the connection": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    line.fault = ({ method }) => (method === "POST" ? { status: 400 } : undefined);
    const ended = next(socket, "disconnect");
    socket.emit("echo", 1);
    const [reason, error] = await ended;
    equal([reason, error.message, error.description], ["transport error", "xhr post error", 400], "reason, error, status");
  },

  "polling: a body may hold several packets": async (t) => {
    const socket = await t.connect(await t.line(), polling);
    const ticks = collect(socket, "tick");
    socket.emit("burst", 50);
    equal(await ticks.count(50), Array.from({ length: 50 }, (_, i) => [i]), "in order");
  },

  "WebSocket: one packet is one message": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    socket.emit("echo", 1);
    socket.emit("echo", 2);
    await settle(socket);
    equal(line.sentLike(/^42\["echo",/), ['42["echo",1]', '42["echo",2]'], "messages");
  },

  "WebSocket: bytes travel as they are, behind what announces them": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, webSocket);
    await ask(socket, "echo", Uint8Array.of(1, 2), { b: Uint8Array.of(3) });
    const at = line.sent.findIndex(({ packet }) => typeof packet === "string" && packet.startsWith("45"));
    const [header, ...rest] = line.sent.slice(at, at + 3).map(({ packet }) => packet);
    equal(header, '452-0["echo",{"_placeholder":true,"num":0},{"b":{"_placeholder":true,"num":1}}]', "header");
    equal(rest.map((packet) => [...packet]), [[1, 2], [3]], "attachments");
  },

  "WebSocket: bytes come back as bytes": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    const came = next(socket, "bin");
    socket.emit("send-bin", 3);
    const [{ buf, list }] = await came;
    equal([[...new Uint8Array(buf)], [...new Uint8Array(list[0])]], [[0, 1, 2], [0xde, 0xad]], "bytes");
  },

  "WebSocket: 100,000 bytes and as many characters pass": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    const text = "é".repeat(100_000);
    const [echo, described] = [await ask(socket, "echo", text), await ask(socket, "describe", new Uint8Array(100_000).fill(7))];
    equal([echo === text, described[0].bin === "07".repeat(100_000)], [true, true], "the same");
  },

  // The official client knows Blobs only in pages: see pages.mjs.
  "a Blob is bytes": beyond(async (t) => {
    for (const options of [webSocket, polling]) {
      const socket = await t.connect(await t.line(), options);
      equal(await ask(socket, "describe", "a", new Blob([Uint8Array.of(1, 2)])), ["a", { bin: "0102" }], "what came");
    }
  }),

  "a Blob does not let later events overtake it": beyond(async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    const echoes = collect(socket, "echo");
    socket.emit("echo", new Blob(["x"]));
    socket.emit("echo", "later");
    await echoes.count(2);
    equal(echoes.items[1], ["later"], "the second");
  }),

  "upgrade: polling comes to rest before the WebSocket is used": async (t) => {
    const line = await t.line();
    await t.upgraded(line);
    await line.hears(/^5$/);
    const upgrade = line.sent.findIndex(({ packet }) => packet === "5");
    equal(line.sent.slice(upgrade).every(({ via }) => via === "websocket"), true, "nothing by polling afterwards");
    equal(line.sent.filter(({ via }) => via === "websocket").map(({ packet }) => packet).slice(0, 2), ["2probe", "5"], "packets");
  },

  "upgrade: the WebSocket's request has the session's id": async (t) => {
    const line = await t.line();
    const socket = await t.upgraded(line);
    equal(line.requests.find(({ method }) => method === "WS").query.sid, socket.io.engine.id, "sid");
  },

  "upgrade: what is emitted meanwhile arrives once and in order": async (t) => {
    const line = await t.line();
    const socket = t.open(line, upgrade);
    const echoes = collect(socket, "echo");
    let n = 0;
    const emitting = setInterval(() => n < 200 && socket.emit("echo", n++), 0);
    t.defer(() => clearInterval(emitting));
    socket.connect();
    await echoes.count(200, 20_000);
    equal(echoes.items.map(([i]) => i), Array.from({ length: 200 }, (_, i) => i), "echoes");
    await until("the WebSocket", () => socket.io.engine.transport.name === "websocket");
  },

  "upgrade: a WebSocket that does not answer the probe is left, and polling goes on": async (t) => {
    const line = await t.line();
    line.hide = /^3probe/;
    const socket = await t.connect(line, upgrade);
    await line.hears(/^2probe$/);
    equal([await ask(socket, "echo", 1), socket.io.engine.transport.name], [1, "polling"], "echo, transport");
  },

  "upgrade: close waits for it": async (t) => {
    const line = await t.line();
    const socket = t.open(line, upgrade);
    socket.connect();
    const { engine } = socket.io;
    await next(engine, "upgrading");
    const closed = next(engine, "close");
    engine.close();
    await closed;
    equal(engine.readyState, "closed", "state");
  },

  "upgrade: none is tried where the server offers none": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...upgrade, path: "/noupg/" });
    await settle(socket);
    equal(line.requests.some(({ method }) => method === "WS"), false, "a WebSocket");
  },

  "WebTransport: it is passed over where there is none": beyond(async (t) => {
    const line = await t.line();
    const transports = ["webtransport", "polling"];
    const socket = await t.connect(line, { transports, tryAllTransports: true });
    equal(socket.io.engine.transport.name, "polling", "transport");
  }),

  "event pagehide: a page that is left for good aborts the requests that wait": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, polling);
    await settle(socket);
    const noted = journal(socket, "connect_error");
    t.page.fire("pagehide", { persisted: false });
    equal(noted, [], "errors");
  },

  "cookies of the handshake are kept and sent back, with withCredentials": differs("it leaves cookies to the browser: Node's fetch keeps none", async (t) => {
    const line = await t.line();
    await t.connect(line, { ...polling, ...soon, path: "/cookie/", withCredentials: true });
    const [, second] = line.requests;
    holds(/^io=[\w-]{20}$/.test(second.headers.cookie), "the session's cookie", second.headers.cookie);
  }),

  "without withCredentials no cookie is sent back": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...polling, path: "/cookie/" });
    equal(line.requests.some(({ headers }) => "cookie" in headers), false, "cookies");
  },
};
