// behaviour.md §3.5: when a client comes back, and how long it waits.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { ask, collect, next, settle, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, differs, journal, soon, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.5";

/** How long a client waits before its attempts, which all fail, while Math.random returns that. */
async function delaysOf(t, random, attempts, options = {}) {
  const line = await t.line();
  await line.close();
  t.random(random);
  const clock = t.clock(200);
  const socket = t.open(line, { ...webSocket, reconnection: true, timeout: false, ...options });
  const failed = collect(socket, "connect_error");
  socket.connect();
  const delays = [];
  for (let i = 1; i <= attempts; i++) {
    await failed.count(i);
    await until("the next attempt to be set", () => clock.delays.length === 1);
    delays.push(clock.delays[0]);
    clock.fire();
  }
  socket.disconnect();
  return delays;
}

/** A check that the delays are within these ranges, whatever the dice say. */
const delaysWithin = (ranges, options) => async (t) => {
  for (const random of [0, 0.19, 0.35, 0.5, 0.999]) {
    const delays = await delaysOf(t, random, ranges.length, options);
    ranges.forEach(([least, most], i) => holds(least <= delays[i] && delays[i] <= most, `attempt ${i + 1} after ${least} to ${most} ms`, delays));
  }
};

const ATTEMPT_MS = 60_000;
const isAttempt = (delay) => delay === ATTEMPT_MS;

/** A lost connection whose next attempt waits for the clock, and the line, which is there again. */
async function lost(t) {
  const line = await t.line();
  const clock = t.clock(2000);
  const delays = { reconnectionDelay: ATTEMPT_MS, reconnectionDelayMax: ATTEMPT_MS, randomizationFactor: 0, timeout: false };
  const socket = await t.connect(line, { ...webSocket, ...delays, reconnection: true });
  const ended = next(socket, "disconnect");
  line.cut();
  await ended;
  return { line, socket, clock };
}

export const checks = {
  "a connection that is lost comes back by itself": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const noted = journal(socket, "disconnect", "connect");
    line.cut();
    await next(socket, "connect");
    equal(noted, ["disconnect", "connect"], "events");
  },

  "disconnect of the last socket ends the attempts": async (t) => {
    const { line, socket, clock } = await lost(t);
    const before = line.requests.length;
    socket.disconnect();
    clock.pass(200_000);
    const other = await t.connect(line, webSocket);
    await settle(other);
    equal([line.requests.length, socket.connected], [before + 1, false], "requests, connected");
  },

  "reconnection(false) ends the attempts": async (t) => {
    const { line, socket, clock } = await lost(t);
    socket.io.reconnection(false);
    const before = line.requests.length;
    clock.pass(200_000);
    await settle(await t.connect(line, webSocket));
    equal(line.requests.length, before + 1, "requests");
  },

  "reconnection: false makes no attempt": async (t) => {
    const line = await t.line();
    const clock = t.clock(1);
    const socket = await t.connect(line, webSocket);
    const ended = next(socket, "disconnect");
    line.cut();
    await ended;
    equal(clock.delays, [], "timers");
  },

  "the first attempt is after 1000 ms, more or less by half": delaysWithin([[500, 1500]]),
  "each further attempt waits twice as long": delaysWithin([[500, 1500], [1000, 3000], [2000, 5000]]),
  "no attempt waits longer than reconnectionDelayMax": delaysWithin(
    [[100, 5000], [100, 5000], [100, 5000], [100, 5000], [100, 5000], [100, 5000]],
  ),
  "without a randomizationFactor the delays double exactly": delaysWithin(
    [[1000, 1000], [2000, 2000], [4000, 4000]],
    { randomizationFactor: 0 },
  ),
  "reconnectionDelay is the first delay": delaysWithin([[300, 300], [600, 600]], { randomizationFactor: 0, reconnectionDelay: 300 }),
  "reconnectionDelayMax is the longest": delaysWithin(
    [[300, 300], [600, 600], [700, 700], [700, 700]],
    { randomizationFactor: 0, reconnectionDelay: 300, reconnectionDelayMax: 700 },
  ),

  "once at the longest delay, it is always the same": differs("its jitter stays, so that clients do not come back all at once", async (t) => {
    equal((await delaysOf(t, 0.5, 6)).slice(4), [5000, 5000], "delays");
  }),

  "the longest delay is not the same for all": beyond(async (t) => {
    const at = async (random) => (await delaysOf(t, random, 6)).at(-1);
    const delays = [await at(0.05), await at(0.45), await at(0.95)];
    holds(new Set(delays).size > 1 && delays.every((delay) => delay <= 5000 && delay >= 2000), "different delays up to 5000 ms", delays);
  }),

  "a success begins the delays anew": async (t) => {
    const line = await t.line();
    const clock = t.clock(200);
    const socket = await t.connect(line, { ...webSocket, reconnection: true, randomizationFactor: 0, timeout: false });
    for (let i = 0; i < 2; i++) {
      const ended = next(socket, "disconnect");
      line.cut();
      await ended;
      await until("the next attempt to be set", () => clock.delays.includes(1000));
      const back = next(socket, "connect");
      clock.fire((delay) => delay === 1000);
      await back;
    }
  },

  "reconnect_attempt is emitted before each attempt": async (t) => {
    const { line, socket, clock } = await lost(t);
    const before = line.requests.length;
    let requests;
    socket.io.once("reconnect_attempt", () => (requests = line.requests.length));
    const back = next(socket, "connect");
    clock.fire(isAttempt);
    await back;
    equal(requests, before, "requests at that moment");
  },

  "disconnect in the listener of reconnect_attempt ends the attempts": async (t) => {
    const { line, socket, clock } = await lost(t);
    const before = line.requests.length;
    socket.io.once("reconnect_attempt", () => socket.disconnect());
    clock.fire(isAttempt);
    await settle(await t.connect(line, webSocket));
    equal(line.requests.length, before + 1, "requests");
  },

  "options that change are used by the next attempt": async (t) => {
    const { line, socket, clock } = await lost(t);
    socket.io.opts.query = { again: "yes" };
    const back = next(socket, "connect");
    clock.fire(isAttempt);
    await back;
    equal(line.requests.at(-1).query.again, "yes", "query");
  },

  "a first connection that fails is tried again": async (t) => {
    const line = await t.line();
    await line.close();
    const socket = t.open(line, { ...webSocket, ...soon });
    const failed = next(socket, "connect_error");
    socket.connect();
    await failed;
    await line.listen();
    await next(socket, "connect");
    equal(socket.connected, true, "connected");
  },

  "reconnectionAttempts is how often it is tried, besides the first": async (t) => {
    const line = await t.line();
    await line.close();
    const socket = t.open(line, { ...webSocket, ...soon, reconnectionAttempts: 3 });
    const failures = collect(socket, "connect_error");
    const all = next(socket.io, "reconnect_failed");
    socket.connect();
    await all;
    await failures.count(4);
    equal(failures.items.length, 4, "failures");
  },

  "each attempt has the timeout": async (t) => {
    const line = await t.line();
    line.fault = () => "hang";
    const socket = t.open(line, { ...webSocket, ...soon, timeout: 10 });
    const failures = collect(socket, "connect_error");
    socket.connect();
    await failures.count(3);
    equal(failures.items.slice(0, 3).map(([{ message }]) => message), ["timeout", "timeout", "timeout"], "errors");
  },

  "connect while an attempt is due does not begin another": async (t) => {
    const { line, socket, clock } = await lost(t);
    const before = line.requests.length;
    socket.connect();
    const back = next(socket, "connect");
    clock.fire(isAttempt);
    await back;
    equal(line.requests.length, before + 1, "requests");
  },

  "sockets of all namespaces come back": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const other = await t.connected(socket.io.socket("/plain"));
    const both = Promise.all([next(socket, "connect"), next(other, "connect")]);
    line.cut();
    await both;
    equal([socket.connected, other.connected], [true, true], "connected");
  },

  "a socket that has left does not come back with the others": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const other = await t.connected(socket.io.socket("/plain"));
    other.disconnect();
    const back = next(socket, "connect");
    line.cut();
    await back;
    await settle(socket);
    equal([other.connected, line.sentLike(/^40\/plain/).length], [false, 1], "connected, joined");
  },

  "event offline: the connection is given up at once": async (t) => {
    for (let i = 0; i < 20; i++) t.page.fire("offline"); // connections of other checks that are still ending
    const socket = await t.connect(await t.line(), webSocket);
    const ended = next(socket, "disconnect");
    t.page.fire("offline");
    const [reason, details] = await ended;
    equal([reason, details.description], ["transport close", "network connection lost"], "reason, description");
  },

  "event offline: a server on localhost is still there": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line.localhost, webSocket);
    t.page.fire("offline");
    equal(await ask(socket, "echo", "here"), "here", "echo");
  },

  "event offline: it is as when the connection is lost: it comes back": async (t) => {
    const socket = await t.connect(await t.line(), { ...webSocket, ...soon });
    const back = next(socket, "connect");
    t.page.fire("offline");
    await back;
    equal(socket.connected, true, "connected");
  },

  "event offline: one that has ended already does not hear of it": async (t) => {
    const socket = await t.connect(await t.line(), webSocket);
    socket.disconnect();
    const noted = journal(socket, "disconnect");
    t.page.fire("offline");
    equal(noted, [], "events");
  },

  "event online: the next attempt is made as planned": differs("it is made at once", async (t) => {
    const { line, clock } = await lost(t);
    const before = line.requests.length;
    t.page.fire("online");
    await settle(await t.connect(line, webSocket));
    equal([line.requests.length, clock.delays.filter(isAttempt).length], [before + 1, 1], "requests, timers");
  }),

  "event online: the next attempt is made at once": beyond(async (t) => {
    const { socket } = await lost(t);
    const back = next(socket, "connect");
    t.page.fire("online");
    await back;
    equal(socket.connected, true, "connected");
  }),

  "event visibilitychange: a page that is shown again makes the next attempt at once": beyond(async (t) => {
    const { line, socket } = await lost(t);
    const before = line.requests.length;
    t.defer(() => t.page.show(true));
    t.page.show(false);
    await settle(await t.connect(line, webSocket));
    equal(line.requests.length, before + 1, "requests while it is hidden");
    const back = next(socket, "connect");
    t.page.show(true);
    await back;
    equal(socket.connected, true, "connected");
  }),

  "event pageshow: a page that comes back from the back-forward cache makes the next attempt at once": beyond(async (t) => {
    const { socket } = await lost(t);
    const back = next(socket, "connect");
    t.page.fire("pageshow", { persisted: true });
    await back;
    equal(socket.connected, true, "connected");
  }),

  "events of the page do not wake what has been disconnected": async (t) => {
    const { line, socket } = await lost(t);
    socket.disconnect();
    const before = line.requests.length;
    t.page.fire("online");
    t.page.fire("pageshow", { persisted: true });
    t.page.show(true);
    await settle(await t.connect(line, webSocket));
    equal(line.requests.length, before + 1, "requests");
  },

  "a page that is shown leaves a connection that is up alone": async (t) => {
    const line = await t.line();
    const socket = await t.connect(line, { ...webSocket, ...soon });
    const noted = journal(socket, "disconnect");
    t.page.show(true);
    t.page.fire("online");
    await settle(socket);
    equal([noted, line.requests.length], [[], 1], "events, requests");
  },

  "after a sleep, what is emitted waits, and the connection ends with a ping timeout": async (t) => {
    const line = await t.line();
    const clock = t.clock(1000);
    const socket = await t.connect(line, { ...webSocket, timeout: false });
    const ended = next(socket, "disconnect");
    clock.sleep(46_000);
    socket.emit("echo", "after the sleep");
    equal((await ended)[0], "ping timeout", "reason");
    equal([socket.sendBuffer.length, line.sentLike(/after the sleep/)], [1, []], "waiting, sent");
  },

  "after a sleep, what waits is sent once the connection is back": async (t) => {
    const line = await t.line();
    const clock = t.clock(40_000);
    const socket = await t.connect(line, { ...webSocket, ...soon, timeout: false });
    const came = next(socket, "echo");
    clock.sleep(46_000);
    socket.emit("echo", "after the sleep");
    equal(await came, ["after the sleep"], "echo");
    equal(line.sentLike(/after the sleep/).length, 1, "packets");
  },

  "within the time of a heartbeat nothing waits": async (t) => {
    const clock = t.clock(1000);
    const socket = await t.connect(await t.line(), { ...webSocket, timeout: false });
    clock.sleep(20_000);
    equal(await new Promise((resolve) => socket.emit("echo", "x", resolve)), "x", "echo");
  },

  "a heartbeat that does not come in pingInterval and pingTimeout together ends the connection": async (t) => {
    const clock = t.clock(1000);
    const socket = await t.connect(await t.line(), { ...webSocket, timeout: false });
    equal(clock.delays, [45_000], "timers");
    const ended = next(socket, "disconnect");
    clock.pass(45_000);
    equal((await ended)[0], "ping timeout", "reason");
  },

  "each heartbeat begins the time anew": async (t) => {
    const line = await t.line();
    const clock = t.clock(1000);
    const socket = await t.connect(line, { ...webSocket, timeout: false });
    clock.pass(44_000);
    const ping = next(socket.io, "ping");
    line.say("2");
    await ping;
    clock.pass(44_000);
    equal(socket.connected, true, "connected");
    const ended = next(socket, "disconnect");
    clock.pass(2000);
    equal((await ended)[0], "ping timeout", "reason");
  },

  "heartbeats are answered": async (t) => {
    const line = await t.line();
    await t.connect(line, webSocket);
    for (let i = 1; i <= 3; i++) {
      line.say("2");
      await line.hears(/^3$/, i);
    }
  },
};
