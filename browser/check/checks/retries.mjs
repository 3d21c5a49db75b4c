// behaviour.md §3.7: the option retries.

import { equal } from "../../../interop/js/lib/expect.mjs";
import { collect, next, until } from "../../../interop/js/lib/wait.mjs";
import { soon, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.7";

const retrying = { ...webSocket, ...soon, retries: 2, ackTimeout: 40 };
// Longer than any answer takes.
const patient = { ...retrying, ackTimeout: 60_000 };

const emitting = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...answer) => resolve(answer)));

/** Waits until all that the socket has sent so far is there. */
const arrived = (socket) => socket.timeout(60_000).emitWithAck("undef");

export const checks = {
  "each event asks for an acknowledgement": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, patient);
    socket.emit("echo", 1);
    equal(await line.hears(/"echo"/), ['420["echo",1]'], "packet");
  },

  "one event is on its way at a time, in order": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, patient);
    socket.emit("late-ack", 30);
    const last = emitting(socket, "echo", 2);
    await line.tells(/^430/);
    equal(line.got.findIndex(({ packet }) => /^430/.test(packet)) > 0, true, "the first was answered");
    await last;
    const order = [...line.sentLike(/^42/)];
    equal(order, ['420["late-ack",30]', '421["echo",2]'], "packets");
  },

  "the next event waits for the answer to the one before": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, patient);
    line.silent = true;
    socket.emit("echo", 1);
    socket.emit("echo", 2);
    await line.hears(/\["echo",1\]/);
    line.say("430[1]");
    await line.hears(/\["echo",2\]/);
    equal(line.sentLike(/"echo"/).length, 2, "packets");
  },

  "the acknowledgement gets null, and the answer": async (t) => {
    const socket = await t.connect(await t.line(), patient);
    equal(await emitting(socket, "echo", "a", "b"), [null, "a", "b"], "arguments");
  },

  "emitWithAck resolves with the answer": async (t) => {
    const socket = await t.connect(await t.line(), patient);
    equal(await socket.emitWithAck("echo", "a"), "a", "answer");
  },

  "an event that is not answered is sent again, at most retries times more": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, retrying);
    const [error] = await emitting(socket, "no-ack", 1);
    equal(error.message, "operation has timed out", "error");
    await arrived(socket);
    equal(line.sentLike(/"no-ack"/).length, 3, "packets");
  },

  "an event that was given up makes way for the next": async (t) => {
    const socket = await t.connect(await t.line(), retrying);
    socket.emit("no-ack");
    equal((await emitting(socket.timeout(60_000), "undef"))[0], null, "error of the next");
  },

  "an event that is answered at last is not sent again": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...retrying, retries: 100 });
    line.silent = true;
    const answered = emitting(socket, "echo", 1);
    await line.hears(/"echo"/, 2);
    line.silent = false;
    equal(await answered, [null, 1], "answer");
    await arrived(socket); // what was under way when the answer came
    const sent = line.sentLike(/"echo"/).length;
    await socket.timeout(60_000).emitWithAck("late-ack", 3 * retrying.ackTimeout);
    equal(line.sentLike(/"echo"/).length, sent, "packets");
  },

  "without ackTimeout an event is sent again only after a reconnection": async (t) => {
    const line = await t.line();
    const clock = t.clock(100);
    const socket = await t.connect(line, { ...webSocket, ...soon, retries: 5, timeout: false });
    const before = clock.delays;
    socket.emit("no-ack");
    await line.hears(/"no-ack"/);
    equal(clock.delays, before, "timers");
    const back = next(socket, "connect");
    line.cut();
    await back;
    await line.hears(/"no-ack"/, 2);
  },

  "after a reconnection the event that was on its way is sent at once": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, patient);
    line.silent = true;
    const answered = emitting(socket, "echo", "again");
    await line.hears(/"again"/);
    line.silent = false;
    line.cut();
    equal(await answered, [null, "again"], "answer");
    equal(line.sentLike(/"again"/).length, 2, "packets");
  },

  "a reconnection counts as a try": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...patient, retries: 1 });
    const answered = emitting(socket, "no-ack");
    for (let i = 1; i <= 2; i++) {
      await line.hears(/"no-ack"/, i);
      line.cut();
      if (i === 1) await next(socket, "connect");
    }
    const [error] = await answered;
    equal([error instanceof Error, line.sentLike(/"no-ack"/).length], [true, 2], "error, packets");
  },

  "events wait for the first connection, in order": async (t) => {
    const line = await t.line();
    const socket = t.open(line, patient);
    for (const n of [1, 2, 3]) socket.emit("echo", n);
    await t.connected(socket);
    await line.hears(/"echo"/, 3);
    equal(line.sentLike(/"echo"/), ['420["echo",1]', '421["echo",2]', '422["echo",3]'], "packets");
  },

  "volatile goes past the others, and is not sent again": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, retrying);
    const given = emitting(socket, "no-ack");
    await until("the transport to be free", () => socket.io.engine.transport.writable);
    const came = collect(socket, "echo");
    socket.volatile.emit("echo", "v");
    await came.count(1);
    await given;
    equal(line.sentLike(/"echo"/), ['42["echo","v"]'], "packets");
  },

  "timeout is that of the event, in place of ackTimeout": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...patient, retries: 1 });
    const [error] = await emitting(socket.timeout(5), "no-ack");
    equal(error.message, "operation has timed out", "error");
    await arrived(socket);
    equal(line.sentLike(/"no-ack"/).length, 2, "packets");
  },

  "acknowledgements of the server's events are sent as ever": async (t) => {
    const socket = await t.connect(await t.line(), patient);
    socket.on("question", (reply) => reply("x"));
    const [, answer] = await emitting(socket, "ask", "question", [], 10_000);
    equal(answer, { ok: true, value: ["x"] }, "answer");
  },
};
