// Two official clients, one on each of two servers that pass events on to everybody.
//
//   node pair.mjs URL URL
//
// It prints what it has seen, and exits with 1 if something is missing.

import { io } from "socket.io-client";

const patience = 20_000;
const [one, two] = await Promise.all(
  process.argv.slice(2).map(async (url) => {
    const socket = io(url);
    await new Promise((resolve) => socket.on("connect", resolve));
    return socket;
  }),
);

setTimeout(() => {
  console.log("something has not arrived");
  process.exit(1);
}, patience * 2).unref();

/** Collects the arguments of an event, and waits for so many. */
function collect(socket, event, count) {
  return new Promise((resolve) => {
    const all = [];
    socket.on(event, (...args) => {
      all.push(args);
      if (all.length === count) resolve(all);
    });
  });
}

function check(what, met) {
  if (met) return console.log(`ok: ${what}`);
  console.log(`failed: ${what}`);
  process.exit(1);
}

// The two servers know each other by now, and what is sent from now on arrives.
for (const [name, from, to] of [["one to two", one, two], ["two to one", two, one]]) {
  const here = collect(from, name, 100);
  const there = collect(to, name, 100);
  for (let i = 0; i < 100; i++) from.emit(name, i, { text: "é😀" }, Buffer.from([0, 255, i]));
  for (const all of [await here, await there]) {
    check(
      `${name}: 100 events in order, with binary`,
      all.every(([n, { text }, bytes], i) => n === i && text === "é😀" && bytes.equals(Buffer.from([0, 255, i]))),
    );
  }
}
check("an acknowledgement", (await one.timeout(patience).emitWithAck("question", 42)) === 42);

const large = "x".repeat(900_000) + "\u0000é";
const arrived = collect(two, "large", 1);
one.emit("large", large);
check("an event of 900 KB", (await arrived)[0][0] === large);
one.close();
two.close();
