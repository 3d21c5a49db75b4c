// Acknowledgements, of the client's events and of the server's.

import { equal, holds } from "../lib/expect.mjs";
import { where } from "../lib/runner.mjs";
import { acknowledgement, ask, settle, within } from "../lib/wait.mjs";

const canTimeOut = (t) => t.client.has("timeout");
const canEmitWithAck = (t) => t.client.has("emitWithAck");

export const matrix = {
  "an acknowledgement carries all arguments": async (t) => {
    const socket = await t.connect();
    equal(await acknowledgement(socket, "echo", 1, "二", { three: [3] }, null), [1, "二", { three: [3] }, null], "acknowledged");
  },

  "an acknowledgement may have no arguments": async (t) => {
    const socket = await t.connect();
    equal(await acknowledgement(socket, "undef"), [], "acknowledged");
    equal(await acknowledgement(socket, "echo"), [], "acknowledged");
  },

  "an acknowledgement carries binary": async (t) => {
    const socket = await t.connect();
    const sent = { a: [Buffer.from("0001", "hex")], b: Buffer.from("ff", "hex") };
    equal(await ask(socket, "echo", sent), sent, "acknowledged");
  },

  "a thousand open acknowledgements are each answered with their own value": async (t) => {
    const socket = await t.connect();
    const wanted = Array.from({ length: 1000 }, (_, i) => i);
    equal(await Promise.all(wanted.map((i) => ask(socket, "echo", i))), wanted, "acknowledged");
  },

  "an acknowledgement that the server gives twice arrives once": async (t) => {
    const socket = await t.connect();
    const answers = [];
    socket.emit("double-ack", (value) => answers.push(value));
    await settle(socket);
    equal(answers, [1], "answers");
  },

  "a late acknowledgement arrives and does not hold up what comes after it": async (t) => {
    const socket = await t.connect();
    const order = [];
    const late = ask(socket, "late-ack", 150).then((ms) => order.push(ms));
    await ask(socket, "echo", 1).then(() => order.push("echo"));
    await late;
    equal(order, ["echo", 150], "order of the answers");
  },

  "the server's question without a timeout gets the client's answer": async (t) => {
    const socket = await t.connect();
    socket.on("question", (a, b, answer) => answer(b, a, { well: "好" }));
    equal(await ask(socket, "ask", "question", ["x", 2], null), { ok: true, value: [2, "x", { well: "好" }] }, "outcome");
  },

  "the server's question with a timeout gets the client's answer": async (t) => {
    const socket = await t.connect();
    socket.on("question", (answer) => answer("in time"));
    equal(await ask(socket, "ask", "question", [], 5000), { ok: true, value: ["in time"] }, "outcome");
  },

  "the server's question and the client's answer carry binary": async (t) => {
    const socket = await t.connect();
    socket.on("question", (asked, answer) => answer({ back: [asked.bytes, Buffer.from("07", "hex")] }));
    const outcome = await ask(socket, "ask", "question", [{ bytes: Buffer.from("0506", "hex") }], 5000);
    equal(outcome, { ok: true, value: [{ back: [Buffer.from("0506", "hex"), Buffer.from("07", "hex")] }] }, "outcome");
  },

  "the server's question times out when the client does not answer": async (t) => {
    const socket = await t.connect();
    socket.on("question", () => {});
    const outcome = await ask(socket, "ask", "question", [], 50);
    equal(outcome.ok, false, "ok");
    holds(typeof outcome.message === "string" && outcome.message !== "", "a message with the timeout", outcome.message);
  },

  "the client's answer after the timeout is ignored": async (t) => {
    const socket = await t.connect();
    let answer;
    socket.on("question", (callback) => (answer = callback));
    equal((await ask(socket, "ask", "question", [], 50)).ok, false, "ok");
    answer("too late");
    await settle(socket);
    equal(socket.connected, true, "connected");
  },

  "an event that the server never acknowledges holds nothing up": async (t) => {
    const socket = await t.connect();
    const answers = [];
    socket.emit("no-ack", (...args) => answers.push(args));
    await settle(socket);
    equal(answers, [], "answers");
  },

  "a client's timeout ends an event that is never acknowledged": where(canTimeOut, async (t) => {
    const socket = await t.connect();
    const ended = new Promise((resolve) => socket.timeout(50).emit("no-ack", resolve));
    const error = await within(ended, "the client's timeout");
    holds(error instanceof Error, "an error", error);
  }),

  "a handler called without an acknowledgement does not answer": async (t) => {
    const socket = await t.connect();
    for (const event of ["whoami", "undef", "double-ack", "late-ack", "describe", "fetch", "counts"]) socket.emit(event);
    await settle(socket);
    equal(socket.connected, true, "connected");
  },

  "emitWithAck resolves with the answer, binary included": where(canEmitWithAck, async (t) => {
    const socket = await t.connect();
    const answer = within(socket.emitWithAck("echo", Buffer.from("0a", "hex")), "an answer");
    equal(await answer, Buffer.from("0a", "hex"), "answer");
  }),
};
