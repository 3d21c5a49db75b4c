// Middleware of namespaces and of packets, and refusals with their data.

import { equal } from "../lib/expect.mjs";
import { ask, collect, next, settle } from "../lib/wait.mjs";

/** Connects the socket and returns the error of its refusal. */
async function refusal(socket) {
  const refused = next(socket, "connect_error");
  socket.connect();
  const [error] = await refused;
  return error;
}

const notAuthorized = { message: "not authorized", data: { code: "E_AUTH", hint: { retry: false } } };

export const matrix = {
  "/auth: a wrong token is refused with message and data": async (t) => {
    for (const auth of [undefined, {}, { token: "wrong" }]) {
      const { message, data } = await refusal(t.open({ nsp: "/auth", auth }));
      equal({ message, data }, notAuthorized, `refusal of ${JSON.stringify(auth)}`);
    }
  },

  "/auth: the right token is let in, from an object and from a function": async (t) => {
    await settle(await t.connect({ nsp: "/auth", auth: { token: "secret" } }));
    await settle(await t.connect({ nsp: "/auth", auth: (give) => give({ token: "secret" }) }));
  },

  "/auth: a refused socket may try again with another token on the same connection": async (t) => {
    const main = await t.connect();
    const socket = t.share(main, "/auth", { auth: { token: "wrong" } });
    equal((await refusal(socket)).message, "not authorized", "refusal");
    equal(socket.connected, false, "connected");
    socket.off();
    socket.auth = { token: "secret" };
    await t.connected(socket);
    equal((await ask(socket, "whoami")).engineId, main.io.engine.id, "connection");
  },

  "/refuse: a refusal without data has none": async (t) => {
    const { message, data } = await refusal(t.open({ nsp: "/refuse" }));
    equal({ message, data }, { message: "nope", data: undefined }, "refusal");
  },

  "an unknown namespace is refused and the connection goes on": async (t) => {
    const main = await t.connect();
    for (const name of ["/unknown", "/plain/sub", "/未知"]) {
      equal((await refusal(t.share(main, name))).message, "Invalid namespace", `refusal of ${name}`);
    }
    await settle(main);
  },

  "/order: asynchronous middlewares run one after the other": async (t) => {
    const socket = t.open({ nsp: "/order" });
    const order = next(socket, "order");
    await t.connected(socket);
    equal(await order, [["a", "b", "c"]], "order");
    equal((await ask(socket, "whoami")).data, { order: ["a", "b", "c"] }, "data");
  },

  "/packet: a refused event raises the error in the server, and the socket goes on": async (t) => {
    const socket = await t.connect({ nsp: "/packet" });
    const errors = collect(socket, "mw-error");
    socket.emit("forbidden", 1);
    socket.emit("forbidden", 2, () => equal("answered", "never answered", "forbidden"));
    await settle(socket);
    equal(errors.items, [["not allowed"], ["not allowed"]], "errors");
  },

  "/packet: a middleware changes an event's argument": async (t) => {
    const socket = await t.connect({ nsp: "/packet" });
    equal(await ask(socket, "shout", "hallo, é 你好"), "HALLO, É 你好", "shout");
    equal(await ask(socket, "echo", "quiet"), "quiet", "echo");
  },
};
