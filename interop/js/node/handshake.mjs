// What the server tells of a connection's first request, and what it tells
// the client in the open packet.

import { equal, holds } from "../lib/expect.mjs";
import { handshake } from "../lib/http.mjs";
import { ask } from "../lib/wait.mjs";

const AN_HOUR_MS = 3_600_000;

export const matrix = {
  "the handshake tells query, auth and headers": async (t) => {
    const options = { query: { colour: "blau & rot", "名": "值" }, auth: { token: "t", deep: { n: [1] } }, extraHeaders: { "X-Custom": "abc" } };
    const { query, auth, headers } = await ask(await t.connect(options), "handshake");
    const { EIO, transport, colour } = query;
    equal({ EIO, transport, colour, name: query["名"] }, { EIO: "4", transport: t.transports[0], colour: "blau & rot", name: "值" }, "query");
    equal(auth, options.auth, "auth");
    equal(headers["x-custom"], "abc", "header x-custom");
    equal(headers.host, new URL(t.base).host, "header host");
  },

  "the handshake tells address, time and url": async (t) => {
    const { url, xdomain, secure, time, issued, address } = await ask(await t.connect(), "handshake");
    holds(url.startsWith("/socket.io/?") && url.includes("EIO=4"), "the url of the first request", url);
    equal({ xdomain, secure, address }, { xdomain: false, secure: false, address: "127.0.0.1" }, "handshake");
    holds(Math.abs(Date.now() - issued) < AN_HOUR_MS, "issued in milliseconds of now", issued);
    holds(typeof time === "string" && Math.abs(Date.parse(time) - issued) < 1000, "the time of issued as text", time);
  },

  "an Origin header makes the handshake cross-domain": async (t) => {
    const { xdomain } = await ask(await t.connect({ extraHeaders: { Origin: "http://elsewhere.test" } }), "handshake");
    equal(xdomain, true, "xdomain");
  },

  "auth is an empty object when the client sends none": async (t) => {
    equal((await ask(await t.connect(), "handshake")).auth, {}, "auth");
  },

  "each namespace has its own auth and shares the first request": async (t) => {
    const main = await t.connect({ auth: { of: "main" }, query: { shared: "yes" } });
    const plain = t.share(main, "/plain", { auth: { of: "plain" } });
    await t.connected(plain);
    const [first, second] = [await ask(main, "handshake"), await ask(plain, "handshake")];
    equal([first.auth, second.auth.of], [{ of: "main" }, "plain"], "auth");
    equal([first.query.shared, second.query.shared], ["yes", "yes"], "query");
  },
};

/** The open packet of a polling handshake on this path, without its sid. */
async function openPacket(base, path) {
  const { open } = await handshake(base, path);
  const { sid, ...rest } = open;
  holds(/^[\w-]{20}$/.test(sid), "a session id of 20 characters", sid);
  return rest;
}

const defaults = { upgrades: ["websocket"], pingInterval: 25_000, pingTimeout: 20_000, maxPayload: 1_000_000 };

export const once = {
  "the open packet tells the defaults": async (t) => {
    equal(await openPacket(t.base, "/socket.io/"), defaults, "open packet");
  },

  "the open packet tells the settings of its server": async (t) => {
    equal(await openPacket(t.base, "/fast/"), { ...defaults, pingInterval: 300, pingTimeout: 200, maxPayload: 1000 }, "/fast/");
    equal(await openPacket(t.base, "/eng/"), { ...defaults, maxPayload: 100 }, "/eng/");
    equal(await openPacket(t.base, "/pollonly/"), { ...defaults, upgrades: [] }, "/pollonly/");
    equal(await openPacket(t.base, "/noupg/"), { ...defaults, upgrades: [] }, "/noupg/");
    equal(await openPacket(t.base, "/noslash"), defaults, "/noslash");
  },

  "a handshake over polling is plain text that nobody stores": async (t) => {
    const { headers } = await handshake(t.base, "/socket.io/");
    equal(headers["content-type"]?.toLowerCase(), "text/plain; charset=utf-8", "content-type");
    equal(headers["cache-control"], "no-store", "cache-control");
  },

  "without cors and cookie no header of theirs is sent": async (t) => {
    const { headers } = await handshake(t.base, "/socket.io/", { headers: { origin: "http://elsewhere.test" } });
    const unwanted = Object.keys(headers).filter((name) => name.startsWith("access-control-") || name === "set-cookie");
    equal(unwanted, [], "headers");
  },
};
