// /eng/: Engine.IO without Socket.IO above it.

import { equal, oneOf } from "../lib/expect.mjs";
import { collect, next } from "../lib/wait.mjs";

/** Opens a connection; in upgrade mode it is on WebSocket when this resolves. */
async function open(t) {
  const engine = await t.openEngine("/eng/");
  if (t.mode === "upgrade" && engine.transport.name !== "websocket") await next(engine, "upgrade");
  return engine;
}

export const matrix = {
  "/eng/: text and binary messages come back as what they were, in order": async (t) => {
    const engine = await open(t);
    const messages = collect(engine, "message");
    const sent = ["text", Buffer.from([0, 1, 30, 255]), "中文 😀", Buffer.from("b"), "2probe", "b"];
    for (const message of sent) engine.send(message);
    await messages.count(sent.length);
    equal(messages.items.map(([message]) => message), sent, "messages");
  },

  "/eng/: a message of exactly the limit passes, one over it ends the connection": async (t) => {
    const engine = await open(t);
    const messages = collect(engine, "message");
    engine.send("x".repeat(99)); // the packet's type is the 100th byte
    await messages.count(1);
    equal(messages.items, [["x".repeat(99)]], "messages");
    const closed = next(engine, "close");
    engine.send("x".repeat(101));
    oneOf((await closed)[0], ["transport close", "transport error"], "reason");
  },

  "/eng/: messages sent during the upgrade come back in order": async (t) => {
    const engine = await t.openEngine("/eng/");
    const messages = collect(engine, "message");
    for (let i = 0; i < 50; i++) {
      engine.send(`m${i}`);
      await messages.count(i + 1);
    }
    equal(messages.items, Array.from({ length: 50 }, (_, i) => [`m${i}`]), "messages");
  },
};
