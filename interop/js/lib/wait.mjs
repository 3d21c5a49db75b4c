// Waiting for conditions. Nothing here waits for a fixed time: each function
// resolves as soon as its condition holds and fails with a Mismatch naming
// the condition once its limit has passed.

import { Mismatch, show } from "./expect.mjs";

const LIMIT_MS = 20_000;
const LOOK_AGAIN_MS = 5;

/** Resolves like the promise, or fails after limitMs (default 10 s) naming what was awaited. */
export function within(promise, what, limitMs = LIMIT_MS) {
  let timer;
  const limit = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Mismatch(`expected ${what} within ${limitMs} ms, got nothing`)), limitMs);
  });
  return abandonable(Promise.race([promise, limit]).finally(() => clearTimeout(timer)));
}

/** A test that failed elsewhere leaves promises behind; that they fail later is not news. */
function abandonable(promise) {
  promise.catch(() => {});
  return promise;
}

/**
 * Resolves with the arguments of the next event of an emitter (socket,
 * manager or engine). With accept, events whose arguments it turns down
 * are passed over.
 */
export function next(emitter, event, accept = () => true) {
  let listener;
  const arrived = new Promise((resolve) => {
    listener = (...args) => {
      if (accept(...args)) resolve(args);
    };
    emitter.on(event, listener);
  });
  return abandonable(within(arrived, `event ${show(event)}`).finally(() => emitter.off(event, listener)));
}

/** Emits with an acknowledgement and resolves with all its arguments. */
export function acknowledgement(socket, event, ...args) {
  const answered = new Promise((resolve) => socket.emit(event, ...args, (...values) => resolve(values)));
  return within(answered, `an acknowledgement of ${show(event)}`);
}

/** Emits with an acknowledgement and resolves with its first argument. */
export async function ask(socket, event, ...args) {
  const [value] = await acknowledgement(socket, event, ...args);
  return value;
}

/** Resolves as soon as the predicate, sync or async, holds. */
export async function until(what, predicate, limitMs = LIMIT_MS) {
  const deadline = Date.now() + limitMs;
  while (!(await predicate())) {
    if (Date.now() > deadline) throw new Mismatch(`expected ${what} within ${limitMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

/**
 * Keeps what arrives on an event: the argument lists in `items`;
 * `count(n)` resolves with them once there are n.
 */
export function collect(emitter, event) {
  const items = [];
  let check = () => {};
  emitter.on(event, (...args) => {
    items.push(args);
    check();
  });
  const count = (n, limitMs) => {
    const reached = new Promise((resolve) => {
      check = () => items.length >= n && resolve(items);
      check();
    });
    const failed = (error) => {
      throw new Mismatch(`${error.message} more than ${items.length}`);
    };
    return abandonable(within(reached, `${n} events ${show(event)}`, limitMs).catch(failed));
  };
  return { items, count };
}

/**
 * One acknowledgement round trip on each socket. Packets of a connection keep
 * their order, so whatever the server sent to these sockets before is in:
 * this is how a test says "and nothing else arrived".
 */
export async function settle(...sockets) {
  for (const socket of sockets) await ask(socket, "echo", "settled");
}
