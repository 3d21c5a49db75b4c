// One client against one server, in a process of its own:
//
//	part.mjs CLIENT SERVER-AS-JSON [WORDS]
//
// WORDS keeps the checks whose sentence holds them. Each failure is a line "FAIL
// number<TAB>sentence<TAB>reason", and the last line is "DONE passed failed left-out".

import { endBrowser } from "./lib/browser.mjs";
import { Check } from "./lib/check.mjs";
import { loadClient } from "./lib/clients.mjs";
import { list } from "./lib/list.mjs";
import { installPage } from "./lib/page.mjs";
import { Mismatch } from "../../interop/js/lib/expect.mjs";

const LIMIT_MS = 60_000;
const [clientName, serverText, words = ""] = process.argv.slice(2);
const { setTimeout, clearTimeout } = globalThis;

installPage();
const client = await loadClient(clientName);
const server = JSON.parse(serverText);

// What a client does not catch belongs to the check that is running.
let interrupt;
process.on("uncaughtException", (error) => interrupt(error));
process.on("unhandledRejection", (error) => interrupt(new Mismatch(`unhandled rejection: ${error?.stack ?? error}`)));

const isAsked = (check) => !(clientName === "official" ? check.beyond : check.differs);

async function limited(run) {
  let timer;
  const limit = new Promise((_, reject) => {
    interrupt = reject;
    timer = setTimeout(() => reject(new Mismatch(`expected to end within ${LIMIT_MS} ms`)), LIMIT_MS);
  });
  try {
    await Promise.race([run(), limit]);
    await Promise.race([new Promise(setImmediate), limit]); // what nobody has caught is told by then
  } finally {
    clearTimeout(timer);
  }
}

function oneLine(error) {
  if (error instanceof Mismatch) return error.message.replaceAll("\n", " | ");
  return (error?.stack ?? String(error)).split("\n").slice(0, 4).join(" | ");
}

let [passed, failed, leftOut] = [0, 0, 0];
for (const { number, sentence, check } of list) {
  if (!sentence.includes(words)) continue;
  if (!isAsked(check)) {
    leftOut++;
    continue;
  }
  const t = new Check(client, server);
  try {
    await limited(async () => check(t));
    passed++;
  } catch (error) {
    failed++;
    console.log(`FAIL ${number}\t${sentence}\t${oneLine(error)}`);
  }
  try {
    await limited(() => t.close());
  } catch (error) {
    failed++;
    console.log(`FAIL ${number}\t${sentence}\tafterwards: ${oneLine(error)}`);
  }
}
await endBrowser();
console.log(`DONE ${passed} ${failed} ${leftOut}`);
process.exit(0);
