// Checks the browser client, sentence by sentence, and the official one beside it.
//
//   node browser/check/run.mjs               both clients against both servers
//   node browser/check/run.mjs ours Go       one client against one server
//   node browser/check/run.mjs app           the application alone
//   node browser/check/run.mjs --list        writes list.tsv anew
//
// ONLY="some words" keeps the checks whose sentence holds them, DIST=DIR has other bundles
// of ours. The servers are Go's, interop/fixture and interop/official, and Node's,
// node-server.mjs. What fails is printed. In the end the same application, app/, runs in
// Chromium with both clients, and in what they differ is printed. The exit status is 0 if
// and only if nothing failed or differed.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compare } from "./lib/app.mjs";
import { isBuilt } from "./lib/clients.mjs";
import { isCurrent, list, write } from "./lib/list.mjs";
import { commands, startServer } from "./lib/servers.mjs";

const part = fileURLToPath(new URL("part.mjs", import.meta.url));
const clients = ["official", "ours"];
const servers = ["Go", "Node"];

process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

/** Runs one client against one server; resolves with how many passed, failed and were left out. */
function check(client, server) {
  const child = spawn(process.execPath, [part, client, JSON.stringify(server), process.env.ONLY ?? ""], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const lines = output.trim().split("\n");
      const counts = lines.at(-1).match(/^DONE (\d+) (\d+) (\d+)$/);
      for (const line of counts ? lines.slice(0, -1) : lines) console.log(`${client} × ${server.name}: ${line.replaceAll("\t", ": ")}`);
      if (!counts) console.log(`FAIL ${client} × ${server.name}: it ended with ${code}; all counts as failed`);
      const [passed, failed, leftOut] = counts ? counts.slice(1).map(Number) : [0, list.length, 0];
      console.log(`  ${client} × ${server.name}: ${passed} passed, ${failed} failed, ${leftOut} not asked of it`);
      resolve({ client, passed, failed });
    });
  });
}

/** Runs the same application with both clients; resolves with in how many lines they differ, and what failed counted with them. */
async function application(server) {
  let count = 0;
  for (const { way, lines, differences, failed } of await compare(server)) {
    const what = `the application by ${way} × ${server.name}`;
    for (const { line, official, ours } of differences) console.log(`DIFFERENCE ${what}, line ${line}:\n  official ${official}\n  ours     ${ours}`);
    for (const error of failed) console.log(`FAIL ${what}: ${error}`);
    console.log(`  ${what}, with both clients: ${lines} lines noted, differences: ${differences.length}`);
    count += differences.length + failed.length;
  }
  return count;
}

/** How many checks there are of each kind of source. */
function counts() {
  const kinds = new Map();
  for (const { source } of list) {
    const kind = source.replace(/ [\d.]+$/, "");
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  }
  return [...kinds].map(([kind, n]) => `${kind}: ${n}`).join("; ");
}

/** What there is to do, as the arguments say; undefined where it can not be done. */
function plan(chosen) {
  const among = (names) => {
    const named = names.filter((name) => chosen.includes(name));
    return named.length > 0 ? named : names;
  };
  const isPart = chosen.includes("official") || chosen.includes("ours") || process.env.ONLY;
  console.log(`browser: ${list.length} sentences, a check for each (browser/check/list.tsv): ${counts()}`);
  if (!isCurrent()) return console.log("FAIL list.tsv is not that of the checks: run node browser/check/run.mjs --list");
  if (!isBuilt()) return console.log("FAIL there is no browser/dist/socket.io.esm.min.js: run make browser");
  return { clients: chosen.includes("app") ? [] : among(clients), servers: among(servers), app: !isPart };
}

async function main(chosen) {
  const todo = plan(chosen);
  if (!todo) return false;
  const all = commands();
  const results = [];
  let differences = 0;
  for (const name of todo.servers) {
    const server = await startServer(name, all[name]);
    results.push(...(await Promise.all(todo.clients.map((client) => check(client, server)))));
    if (todo.app) differences += await application(server);
    await server.stop();
  }
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const ours = results.filter(({ client }) => client === todo.clients.at(-1));
  const passed = Math.min(...ours.map((result) => result.passed));
  if (ours.length > 0) console.log(`browser: ${passed} checks × ${todo.servers.length} servers, ${failed} failed`);
  if (todo.app) console.log(`differences: ${differences}`);
  return failed === 0 && differences === 0;
}

if (process.argv.includes("--list")) {
  write();
  console.log(`list.tsv: ${list.length} sentences`);
} else {
  process.exit((await main(process.argv.slice(2))) ? 0 : 1);
}
