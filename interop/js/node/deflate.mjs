// Compression: permessage-deflate with Node's ws as the peer, which is what the
// clients for Node use, and answers to polls in gzip or deflate.

import { once as event } from "node:events";
import { gunzipSync, inflateSync } from "node:zlib";
import http from "node:http";
import { WebSocket } from "ws";
import { equal, holds } from "../lib/expect.mjs";
import { handshake, polling, request } from "../lib/http.mjs";
import { ask, within } from "../lib/wait.mjs";

const path = "/deflate/";

/** What a window must be kept in mind for: text that repeats itself, near and far. */
const text = (seed) => `${seed} ${"near ".repeat(200)}${Array.from({ length: 3000 }, (_, i) => (i * seed) % 9973).join(" ")} ${"near ".repeat(200)}`;

/** Clients by what they offer, and what must be in the answer. */
const offers = {
  "the defaults": [{}, ["server_no_context_takeover", "client_no_context_takeover"]],
  "no context of either": [
    { serverNoContextTakeover: true, clientNoContextTakeover: true },
    ["server_no_context_takeover", "client_no_context_takeover"],
  ],
  ...Object.fromEntries(
    [9, 10, 12, 15].map((bits) => [
      `a server window of ${bits} bits`,
      [{ serverMaxWindowBits: bits }, [`server_max_window_bits=${bits}`]],
    ]),
  ),
  "a client window of 9 bits": [{ clientMaxWindowBits: 9 }, []],
  "windows of 9 bits": [{ serverMaxWindowBits: 9, clientMaxWindowBits: 9 }, ["server_max_window_bits=9"]],
};

/** Connects, and echoes messages of many sizes, each compressed by either end. */
function echoes(perMessageDeflate, inAnswer) {
  return async (t) => {
    const url = `${t.base.replace("http", "ws")}${path}?EIO=4&transport=websocket`;
    const ws = new WebSocket(url, { perMessageDeflate: { threshold: 0, ...perMessageDeflate } });
    const answers = [];
    let wake = () => {};
    ws.on("message", (data) => {
      const packet = data.toString();
      if (packet.startsWith("43")) answers.push(packet);
      wake();
    });
    await within(event(ws, "open"), "the WebSocket");
    try {
      holds(ws.extensions === "permessage-deflate", "permessage-deflate to be agreed on", ws.extensions);
      for (const part of inAnswer) holds(agreed(ws).includes(part), `${part} in the answer`, agreed(ws));
      ws.send("40");
      const want = [];
      for (let id = 0; id < 8; id++) {
        const data = id % 2 ? `${id}` : text(id + 1);
        ws.send(`42${id}["echo",${JSON.stringify(data)}]`);
        want.push(`43${id}[${JSON.stringify(data)}]`);
      }
      await within(
        (async () => {
          while (answers.length < want.length) await new Promise((resolve) => (wake = resolve));
        })(),
        "all echoes",
      );
      equal(answers, want, "echoes");
    } finally {
      ws.terminate();
    }
  };
}

/** The parameters that ws has agreed on, as they are written. */
function agreed(ws) {
  const { params } = ws._extensions["permessage-deflate"];
  return Object.entries(params).map(([name, value]) => (value === true ? name : `${name}=${value}`));
}

const decoders = { gzip: gunzipSync, deflate: inflateSync };

/** Polls a long message, and returns the answer's coding and text. */
async function poll(base, accept) {
  const { open } = await handshake(base, path);
  const query = polling({ sid: open.sid });
  const packet = `42["echo","${"x".repeat(5000)}"]`;
  for (const body of ["40", `420${packet.slice(2)}`]) {
    await request(base, path, { query, method: "POST", body });
    if (body === "40") await request(base, path, { query });
  }
  const url = `${base}${path}?${new URLSearchParams(query)}`;
  const [answer] = await within(event(http.get(url, { headers: { "accept-encoding": accept }, agent: false }), "response"), "a poll");
  const chunks = [];
  for await (const chunk of answer) chunks.push(chunk);
  const coding = answer.headers["content-encoding"];
  const decode = decoders[coding] ?? ((bytes) => bytes);
  return { coding, text: decode(Buffer.concat(chunks)).toString() };
}

export const matrix = {
  "/deflate/: a client connects and is answered": async (t) => {
    const socket = await t.connect({ path, perMessageDeflate: { threshold: 0 } });
    for (let seed = 1; seed < 5; seed++) equal(await ask(socket, "echo", text(seed)), text(seed), "echo");
  },
};

export const once = {
  ...Object.fromEntries(
    Object.entries(offers).map(([name, [options, inAnswer]]) => [`/deflate/: ws that offers ${name}`, echoes(options, inAnswer)]),
  ),

  "/deflate/: ws that does not compress": async (t) => {
    const ws = new WebSocket(`${t.base.replace("http", "ws")}${path}?EIO=4&transport=websocket`, { perMessageDeflate: false });
    const [data] = await within(event(ws, "message"), "the open packet");
    equal([ws.extensions, data.toString()[0]], ["", "0"], "extensions, packet");
    ws.terminate();
  },

  "/deflate/: a poll is answered in the coding that the client likes best": async (t) => {
    for (const [accept, want] of [
      ["gzip, deflate, br", "gzip"],
      ["deflate, gzip", "deflate"],
      ["gzip;q=0.1, deflate;q=0.2", "deflate"],
      ["br", undefined],
    ]) {
      equal(await poll(t.base, accept), { coding: want, text: `430["${"x".repeat(5000)}"]` }, accept);
    }
  },
};
