// Cross-origin answers of /cors/, /cors-any/ and /cors-list/.
//
// A refused origin may be answered 403 (a server that checks the origin itself,
// as ours does) or served without leave to read (the browser then refuses). The
// former holds on every transport.

import { equal, holds, oneOf } from "../lib/expect.mjs";
import { handshake, headerList, polling, request, webSocketHandshake } from "../lib/http.mjs";
import { next, settle } from "../lib/wait.mjs";

const page = "http://127.0.0.1:5500";
const foreign = "http://evil.test";

const preflight = (t, path, origin) =>
  request(t.base, path, {
    method: "OPTIONS",
    query: polling(),
    headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "my-custom-header" },
  });

const allowOrigin = ({ headers }) => headers["access-control-allow-origin"];

/** Checks that the answer gives the origin no leave to read it; ours then has no CORS header at all. */
function noLeave(t, answer, origin) {
  const leave = allowOrigin(answer);
  if (t.target.ours) equal(leave, undefined, `allowed origin in the answer to ${origin}`);
  else holds(leave !== origin && leave !== "*", `no leave for ${origin}`, leave);
}

/** Says whether the server turns a foreign origin away by itself, and holds ours to it. */
async function checksOrigin(t, path) {
  const answer = await handshake(t.base, path, { headers: { origin: foreign } });
  noLeave(t, answer, foreign);
  oneOf(answer.status, t.target.ours ? [403] : [403, 200], `status for ${foreign}`);
  return answer.status === 403;
}

/** Checks that an origin is let in over polling and that the answer says so. */
async function allowed(t, path, origin) {
  const answer = await handshake(t.base, path, { headers: { origin } });
  equal([answer.status, allowOrigin(answer)], [200, origin], `status, allowed origin for ${origin}`);
  holds(headerList(answer.headers.vary).includes("origin"), "Vary: Origin", answer.headers.vary);
  return answer;
}

export const matrix = {
  "/cors/: a client of the allowed origin connects": async (t) => {
    const extraHeaders = { Origin: page, "my-custom-header": "abcd" };
    await settle(await t.connect({ path: "/cors/", withCredentials: true, extraHeaders }));
  },

  "/cors/: a client without an Origin header connects": async (t) => {
    await settle(await t.connect({ path: "/cors/" }));
  },

  "/cors-any/: a client of any origin connects": async (t) => {
    await settle(await t.connect({ path: "/cors-any/", extraHeaders: { Origin: foreign } }));
  },

  "/cors/ and /cors-list/: a foreign origin gets the same answer on every transport": async (t) => {
    for (const path of ["/cors/", "/cors-list/"]) {
      const refused = await checksOrigin(t, path);
      const socket = t.open({ path, extraHeaders: { Origin: foreign } });
      const outcome = next(socket, refused ? "connect_error" : "connect");
      socket.connect();
      await outcome;
    }
  },
};

export const once = {
  "/cors/: the allowed origin may read the answers, with credentials": async (t) => {
    const { open, headers } = await allowed(t, "/cors/", page);
    equal(headers["access-control-allow-credentials"], "true", "credentials");
    const query = polling({ sid: open.sid });
    const sent = await request(t.base, "/cors/", { method: "POST", query, headers: { origin: page }, body: "40" });
    const polled = await request(t.base, "/cors/", { query, headers: { origin: page } });
    equal([sent.status, allowOrigin(sent), sent.text], [200, page, "ok"], "answer to the POST");
    equal([polled.status, allowOrigin(polled)], [200, page], "answer to the poll");
    await request(t.base, "/cors/", { method: "POST", query, headers: { origin: page }, body: "1" });
  },

  "/cors/: the allowed origin may read the reason of an error": async (t) => {
    const answer = await request(t.base, "/cors/", { query: polling({ sid: "x".repeat(20) }), headers: { origin: page } });
    equal([answer.status, allowOrigin(answer)], [400, page], "status, allowed origin");
    equal(JSON.parse(answer.text), { code: 1, message: "Session ID unknown" }, "error");
  },

  "/cors/: a preflight of the allowed origin allows the header and credentials": async (t) => {
    const answer = await preflight(t, "/cors/", page);
    equal([answer.status, allowOrigin(answer)], [204, page], "status, allowed origin");
    equal(headerList(answer.headers["access-control-allow-headers"]), ["my-custom-header"], "allowed headers");
    equal(answer.headers["access-control-allow-credentials"], "true", "credentials");
    const methods = headerList(answer.headers["access-control-allow-methods"]);
    holds(methods.includes("get") && methods.includes("post"), "GET and POST allowed", methods);
    holds(headerList(answer.headers.vary).includes("origin"), "Vary: Origin", answer.headers.vary);
  },

  "/cors/ and /cors-list/: a preflight of a foreign origin allows it nothing": async (t) => {
    for (const path of ["/cors/", "/cors-list/"]) {
      const answer = await preflight(t, path, foreign);
      oneOf(answer.status, t.target.ours ? [403] : [403, 204], "status");
      noLeave(t, answer, foreign);
    }
  },

  "/cors/: an origin that merely resembles the allowed one is foreign": async (t) => {
    const refused = await checksOrigin(t, "/cors/");
    for (const origin of ["http://127.0.0.1", "http://127.0.0.1:55000", "https://127.0.0.1:5500", "http://localhost:5500", `${page}.evil.test`, "null"]) {
      const answer = await handshake(t.base, "/cors/", { headers: { origin } });
      noLeave(t, answer, origin);
      equal(answer.status, refused ? 403 : 200, `status for ${origin}`);
    }
  },

  "/cors/ and /cors-list/: a WebSocket of a foreign origin is treated as polling is": async (t) => {
    for (const path of ["/cors/", "/cors-list/"]) {
      const refused = await checksOrigin(t, path);
      const answer = await webSocketHandshake(t.base, path, { headers: { origin: foreign } });
      equal(answer.opened, !refused, "WebSocket opened");
      if (refused) oneOf(answer.status, [400, 403], "status");
      noLeave(t, answer, foreign);
    }
  },

  "/cors-any/: any origin may read, without credentials": async (t) => {
    const answer = await handshake(t.base, "/cors-any/", { headers: { origin: foreign } });
    equal([answer.status, allowOrigin(answer)], [200, "*"], "status, allowed origin");
    equal(answer.headers["access-control-allow-credentials"], undefined, "credentials");
    const asked = await preflight(t, "/cors-any/", foreign);
    equal([asked.status, allowOrigin(asked)], [204, "*"], "status, allowed origin of the preflight");
    equal((await webSocketHandshake(t.base, "/cors-any/", { headers: { origin: foreign } })).opened, true, "WebSocket opened");
  },

  "/cors-list/: origins on the list and matching the expression are let in": async (t) => {
    for (const origin of ["http://a.test", "http://x.b.test", "https://deep.down.b.test"]) {
      const answer = await allowed(t, "/cors-list/", origin);
      equal(answer.headers["access-control-expose-headers"]?.toLowerCase(), "x-one", "exposed headers");
      equal(answer.headers["access-control-allow-credentials"], undefined, "credentials");
      equal((await webSocketHandshake(t.base, "/cors-list/", { headers: { origin } })).opened, true, "WebSocket opened");
    }
  },

  "/cors-list/: origins that match neither are foreign": async (t) => {
    const refused = await checksOrigin(t, "/cors-list/");
    for (const origin of ["https://a.test", "http://sub.a.test", "http://x.b.test.evil.test", "http://bXtest"]) {
      const answer = await handshake(t.base, "/cors-list/", { headers: { origin } });
      noLeave(t, answer, origin);
      equal(answer.status, refused ? 403 : 200, `status for ${origin}`);
    }
  },

  "/cors-list/: a preflight tells the methods of the setting and how long it holds": async (t) => {
    const answer = await preflight(t, "/cors-list/", "http://a.test");
    equal([answer.status, allowOrigin(answer)], [204, "http://a.test"], "status, allowed origin");
    equal(headerList(answer.headers["access-control-allow-methods"]), ["get", "post"], "allowed methods");
    equal(answer.headers["access-control-max-age"], "600", "max age");
  },
};
