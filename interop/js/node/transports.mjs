// Servers with a restricted choice of transports, and paths with and without
// their last slash.

import { equal, oneOf } from "../lib/expect.mjs";
import { handshake, polling, request, webSocketHandshake } from "../lib/http.mjs";
import { where } from "../lib/runner.mjs";
import { ask, next, settle } from "../lib/wait.mjs";

/** Tries to connect and returns the message of the connect_error. */
async function refusal(t, options) {
  const socket = t.open(options);
  const refused = next(socket, "connect_error");
  socket.connect();
  const [{ message }] = await refused;
  return message;
}

const startsPolling = (t) => t.transports[0] === "polling";
const startsWebSocket = (t) => t.transports[0] === "websocket";

/** A client that starts polling stays with it, since the server offers nothing else. */
function staysPolling(path) {
  return where(startsPolling, async (t) => {
    const socket = await t.connect({ path, upgrades: false });
    equal((await ask(socket, "whoami")).transport, "polling", "transport");
    equal(socket.io.engine.upgrades ?? [], [], "offered upgrades");
    await settle(socket);
  });
}

export const matrix = {
  "/wsonly/: a WebSocket client connects": where(startsWebSocket, async (t) => {
    equal((await ask(await t.connect({ path: "/wsonly/" }), "whoami")).transport, "websocket", "transport");
  }),

  "/wsonly/: a client that starts polling is refused": where(startsPolling, async (t) => {
    equal(await refusal(t, { path: "/wsonly/" }), "xhr poll error", "message");
  }),

  "/pollonly/: a client that starts polling stays with it": staysPolling("/pollonly/"),

  "/pollonly/: a WebSocket client is refused": where(startsWebSocket, async (t) => {
    equal(await refusal(t, { path: "/pollonly/" }), "websocket error", "message");
  }),

  "/noupg/: a client that starts polling stays with it": staysPolling("/noupg/"),

  "/noupg/: a WebSocket client connects": where(startsWebSocket, async (t) => {
    equal((await ask(await t.connect({ path: "/noupg/" }), "whoami")).transport, "websocket", "transport");
  }),

  "/noslash: a client that adds no slash connects": where((t) => t.client.has("addTrailingSlash"), async (t) => {
    const socket = await t.connect({ path: "/noslash", addTrailingSlash: false });
    const { url } = await ask(socket, "handshake");
    equal(url.split("?")[0], "/noslash", "path of the first request");
  }),

  "/nocomp/: a client connects": async (t) => {
    const socket = await t.connect({ path: "/nocomp/" });
    equal(await ask(socket, "echo", "x".repeat(5000)), "x".repeat(5000), "echo");
  },
};

export const once = {
  "/wsonly/: polling is an unknown transport": async (t) => {
    const answer = await handshake(t.base, "/wsonly/");
    equal([answer.status, JSON.parse(answer.text)], [400, { code: 0, message: "Transport unknown" }], "status, error");
  },

  "/pollonly/: WebSocket is an unknown transport": async (t) => {
    const answer = await webSocketHandshake(t.base, "/pollonly/");
    equal(answer.opened, false, "opened");
    oneOf(answer.status, t.target.ours ? [400, 403] : [400, 403, 0], "status, 0 being a cut connection");
  },

  "/nocomp/: a long answer is not compressed for a client that could read it": async (t) => {
    const { open } = await handshake(t.base, "/nocomp/");
    const session = { query: polling({ sid: open.sid }), headers: { "accept-encoding": "gzip, deflate, br" } };
    const packet = `42["echo","${"x".repeat(5000)}"]`;
    const answers = [];
    for (const body of ["40", packet]) {
      await request(t.base, "/nocomp/", { ...session, method: "POST", body });
      answers.push(await request(t.base, "/nocomp/", session));
    }
    equal(answers[1].text, packet, "answer");
    equal(answers[1].headers["content-encoding"], undefined, "content-encoding");
  },

  "a path without its last slash is served or not found": async (t) => {
    oneOf((await handshake(t.base, "/socket.io")).status, [200, 404], "status");
  },
};
