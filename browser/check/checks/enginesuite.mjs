// official-client-suites.md §3: what the suite of the official client's engine asks its
// server for, one check of ours for each line of it.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { collect, next, until, within } from "../../../interop/js/lib/wait.mjs";
import { beyond, differs, journal, polling, upgrade, webSocket } from "../lib/check.mjs";

export const source = "suites 3";

const both = [webSocket, polling];

/** Sends a message and resolves with the next that comes. */
async function answer(engine, message) {
  const came = next(engine, "data");
  engine.send(message);
  return (await came)[0];
}

/** A check that a message is answered so, by each transport. */
const answers = (message, want, options) => async (t) => {
  for (const transport of both) {
    const engine = await t.openEngine(await t.line("engine"), { ...transport, ...options });
    equal(shown(await answer(engine, message)), want, transport.transports[0]);
  }
};

const shown = (data) => (typeof data === "string" ? data : [...new Uint8Array(data)]);

/**
 * The error with which a connection does not open, and the answer's text, which clients
 * may drop when their listeners have been called.
 */
async function refusal(t, place, options) {
  const { engine } = t.engine(place, options);
  const refused = new Promise((resolve) => engine.on("error", (error) => resolve({ error, text: error.context?.responseText })));
  return within(refused, "a refusal");
}

/** Closes the engine and resolves with the reason it gives. */
async function closed(engine) {
  const ended = next(engine, "close");
  engine.close();
  return (await ended)[0];
}

export const checks = {
  "the handshake says when to expect heartbeats, and how long a body may be": async (t) => {
    const { engine } = t.engine(await t.line("engine"), polling);
    const [{ sid, ...rest }] = await next(engine, "handshake");
    equal(rest, { upgrades: ["websocket"], pingInterval: 500, pingTimeout: 20000, maxPayload: 100 }, "handshake");
    holds(/^[\w-]{20}$/.test(sid), "a session id", sid);
  },

  "each connection is greeted": async (t) => {
    for (const transport of both) {
      const { engine } = t.engine(await t.line("engine"), transport);
      equal(await next(engine, "data"), ["hi"], "message");
    }
  },

  "text comes back as text": answers("échö 😀", "échö 😀"),
  "bytes come back as bytes": answers(Uint8Array.of(1, 2, 255), [1, 2, 255]),
  "an ArrayBuffer comes back as bytes": answers(Uint8Array.of(1, 2, 255).buffer, [1, 2, 255]),
  "of a view no more is sent than it shows": answers(new Uint8Array(Uint8Array.of(9, 1, 2, 9).buffer, 1, 2), [1, 2]),
  "bytes that are asked for come as bytes": answers("give binary", [0, 1, 2, 3, 4]),
  "text of other scripts comes whole": answers("give utf8", "пойду спать всем спокойной ночи"),
  "forceBase64: bytes come back as bytes": answers(Uint8Array.of(1, 2, 255), [1, 2, 255], { forceBase64: true }),

  "a Blob is sent as its bytes": beyond(answers(new Blob([Uint8Array.of(1, 2)]), [1, 2])),

  "polling: bytes come as b and base64": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    await answer(engine, "give binary");
    await line.tells(/^bAAECAwQ=$/);
  },

  "forceBase64: on a WebSocket the server sends base64 as well": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, { ...webSocket, forceBase64: true });
    await answer(engine, "give binary");
    await line.tells(/^bAAECAwQ=$/);
  },

  "several messages come back in order": async (t) => {
    for (const transport of both) {
      const engine = await t.openEngine(await t.line("engine"), transport);
      const came = collect(engine, "data");
      for (let i = 0; i < 20; i++) engine.send(`${i}`);
      equal((await came.count(20)).map(([data]) => data), Array.from({ length: 20 }, (_, i) => `${i}`), transport.transports[0]);
    }
  },

  "a connection that is denied fails: by polling with status 403": async (t) => {
    const { error } = await refusal(t, await t.line("engine"), { ...polling, query: { deny: 1 } });
    equal([error.type, error.description], ["TransportError", 403], "type, status");
  },

  "a connection that is denied fails: the answer can be read": async (t) => {
    const { text } = await refusal(t, await t.line("engine"), { ...polling, query: { deny: 1 } });
    equal(text, '{"code":4,"message":"Forbidden"}', "answer");
  },

  "a connection that is denied fails: with a code and the server's message": beyond(async (t) => {
    const { error } = await refusal(t, await t.line("engine"), { ...polling, query: { deny: 1 } });
    equal([error.code, error.message, error.data], [4, "Forbidden", { code: 4, message: "Forbidden" }], "code, message, data");
  }),

  "a connection that is denied fails: by WebSocket": async (t) => {
    const { error } = await refusal(t, await t.line("engine"), { ...webSocket, query: { deny: 1 } });
    equal([error.type, error.message], ["TransportError", "websocket error"], "type, message");
  },

  "the engine of a refused connection is closed": async (t) => {
    const { engine, opened } = t.engine(await t.line("engine"), { ...polling, query: { deny: 1 } });
    await opened.catch(() => {});
    await until("the end", () => engine.readyState === "closed");
  },

  "an unknown session is refused by polling, and the answer can be read": async (t) => {
    const { error, text } = await refusal(t, await t.line("engine"), { ...polling, query: { sid: "abc" } });
    equal([error.description, text], [400, '{"code":1,"message":"Session ID unknown"}'], "status, answer");
  },

  "an unknown session is refused by WebSocket": async (t) => {
    const { error } = await refusal(t, await t.line("engine"), { ...webSocket, query: { sid: "abc" } });
    equal(error.message, "websocket error", "message");
  },

  "text over the limit by polling is answered with 413 and ends the connection": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    const ended = next(engine, "close");
    engine.send("x".repeat(101));
    // The answer to the GET, which ends the session, may be there before that to the POST.
    holds(["transport error", "transport close"].includes((await ended)[0]), "one of the two reasons", (await ended)[0]);
    const post = ({ method, body, status }) => method === "POST" && body?.length > 100 && status;
    equal((await line.asked(post)).map(({ status, answer }) => [status, answer]), [[413, ""]], "status, answer");
  },

  "a message over the limit by WebSocket is answered with close code 1009": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), webSocket);
    const ended = next(engine, "close");
    engine.send("x".repeat(101));
    const [reason, { context }] = await ended;
    equal([reason, context.code, context.reason], ["transport close", 1009, ""], "reason, code, its reason");
  },

  "a body of exactly the limit is taken": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    equal(await answer(engine, "x".repeat(99)), "x".repeat(99), "message");
    equal(line.requests.some(({ method, body }) => method === "POST" && body.length === 100), true, "a body of 100 bytes");
  },

  "what is longer than one body may be is sent in several": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    const came = collect(engine, "data");
    for (const letter of "abcdef") engine.send(letter.repeat(49));
    await came.count(6);
    const bodies = line.requests.filter(({ method }) => method === "POST").map(({ body }) => body.length);
    holds(bodies.every((length) => length <= 100) && bodies.length >= 3, "three bodies or more of 100 bytes at most", bodies);
  },

  "text counts as its bytes in UTF-8 do": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    const came = collect(engine, "data");
    for (let i = 0; i < 5; i++) engine.send("€".repeat(15));
    await came.count(5);
    const bodies = line.requests.filter(({ method }) => method === "POST").map(({ body }) => Buffer.byteLength(body));
    holds(bodies.every((length) => length <= 100), "bodies of 100 bytes at most", bodies);
  },

  "without withCredentials no cookie is sent": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), polling);
    equal("cookie" in JSON.parse(await answer(engine, "sendHeaders")), false, "a cookie");
  },

  "with withCredentials those cookies are sent that have not ended": differs("it leaves cookies to the browser: Node's fetch keeps none", async (t) => {
    const engine = await t.openEngine(await t.line("engine"), { ...polling, withCredentials: true });
    equal(JSON.parse(await answer(engine, "sendHeaders")).cookie, "1=1; 2=2", "cookies");
  }),

  "extraHeaders arrive": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), { ...polling, extraHeaders: { "x-own": "1" } });
    equal(JSON.parse(await answer(engine, "sendHeaders"))["x-own"], "1", "header");
  },

  "close ends the connection, in order": async (t) => {
    for (const transport of both) {
      const engine = await t.openEngine(await t.line("engine"), transport);
      equal([await closed(engine), engine.readyState], ["forced close", "closed"], "reason, state");
    }
  },

  "close sends what waits first": async (t) => {
    for (const transport of both) {
      const line = await t.line("engine");
      const engine = await t.openEngine(line, transport);
      engine.send("last words");
      engine.close();
      await line.hears(/^4last words$/);
    }
  },

  "close before it is open ends the attempt": async (t) => {
    for (const transport of both) {
      const { engine } = t.engine(await t.line("engine"), transport);
      const noted = journal(engine, "open");
      engine.close();
      await until("the end", () => engine.readyState === "closed");
      equal(noted, [], "events");
    }
  },

  "close a second time does nothing": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), webSocket);
    const noted = journal(engine, "close");
    await closed(engine);
    engine.close();
    equal(noted, ["close"], "events");
  },

  "close while it upgrades waits for the upgrade": async (t) => {
    const line = await t.line("engine");
    const { engine } = t.engine(line, upgrade);
    const order = journal(engine, "upgrade", "close");
    await next(engine, "upgrading");
    await closed(engine);
    equal(order, ["upgrade", "close"], "events");
  },

  "close while it upgrades does not wait for an upgrade that fails": async (t) => {
    const line = await t.line("engine");
    const { engine } = t.engine(line, upgrade);
    await next(engine, "upgrading");
    const ended = next(engine, "close");
    engine.close();
    line.hangUp(1000);
    equal((await ended)[0], "forced close", "reason");
  },

  "what is sent while it upgrades arrives": async (t) => {
    const { engine } = t.engine(await t.line("engine"), upgrade);
    const came = collect(engine, "data");
    await next(engine, "upgrading");
    engine.send("meanwhile");
    await until("the answer", () => came.items.some(([data]) => data === "meanwhile"));
  },

  "an upgrade that is broken off leaves polling usable": async (t) => {
    const line = await t.line("engine");
    line.hide = /^3probe/;
    const { engine } = t.engine(line, upgrade);
    const failed = next(engine, "upgradeError");
    await line.hears(/^2probe$/);
    line.hangUp(1000);
    const [error] = await failed;
    equal(error.transport, "websocket", "transport");
    equal([await answerOf(engine, "still"), engine.transport.name], ["still", "polling"], "answer, transport");
  },

  "heartbeats keep an idle connection": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, webSocket);
    await line.hears(/^3$/, 2);
    equal(engine.readyState, "open", "state");
  },

  "heartbeats keep an idle connection by polling": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, polling);
    await line.hears(/^3$/, 2);
    equal(engine.readyState, "open", "state");
  },

  "a heartbeat that comes while it upgrades is answered": async (t) => {
    const line = await t.line("engine");
    const { engine } = t.engine(line, upgrade);
    await next(engine, "upgrade");
    await line.hears(/^3$/, 1);
    equal(engine.readyState, "open", "state");
  },

  "nothing is sent once it is closed, and nothing is thrown": async (t) => {
    const line = await t.line("engine");
    const engine = await t.openEngine(line, webSocket);
    await closed(engine);
    engine.send("too late");
    equal([engine.writeBuffer, line.sentLike(/too late/)], [[], []], "waiting, sent");
  },

  "what waits can be read in the listeners of close": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), polling);
    const waiting = new Promise((resolve) => engine.on("close", () => resolve(engine.writeBuffer.length)));
    const ended = next(engine, "close");
    engine.send("x".repeat(101));
    await ended;
    holds((await waiting) >= 1, "one packet or more", await waiting);
    await until("nothing to wait", () => engine.writeBuffer.length === 0);
  },

  "the callback of send is called once it is on its way": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), webSocket);
    await new Promise((resolve) => engine.send("x", {}, resolve));
  },

  "id is the session's, and null once it is closed": async (t) => {
    const engine = await t.openEngine(await t.line("engine"), webSocket);
    const { id } = engine;
    await closed(engine);
    equal([/^[\w-]{20}$/.test(id), engine.id], [true, null], "id");
  },
};

/** Like answer, where other messages may come in between. */
async function answerOf(engine, message) {
  const came = next(engine, "data", (data) => data === message);
  engine.send(message);
  return (await came)[0];
}
