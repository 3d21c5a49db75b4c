// Checks the browser client, sentence by sentence, and the official one beside it.
//
//   node browser/check/run.mjs               both clients against both servers
//   node browser/check/run.mjs ours Go       one client against one server
//   node browser/check/run.mjs --list        writes list.tsv anew
//
// ONLY="some words" keeps the checks whose sentence holds them, DIST=DIR has other bundles. The servers are Go's,
// interop/fixture and interop/official, and Node's, node-server.mjs. What fails is printed;
// the exit status is 0 if and only if nothing failed.

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { isBuilt } from "./lib/clients.mjs";
import { isCurrent, list, write } from "./lib/list.mjs";
import { commands, startServer } from "./lib/servers.mjs";

const part = fileURLToPath(new URL("part.mjs", import.meta.url));
const clients = ["official", "ours"];
const servers = ["Go", "Node"];

process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

/** Runs one client against one server; resolves with how many passed, failed and were left out. */
function run(client, server) {
  const child = spawn(process.execPath, [part, client, JSON.stringify(server), process.env.ONLY ?? ""], { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
  return new Promise((resolve) => {
    child.on("close", (code) => {
      const lines = output.trim().split("\n");
      const [, ...counts] = lines.pop().match(/^DONE (\d+) (\d+) (\d+)$/) ?? [undefined, 0, list.length, 0];
      for (const line of lines) console.log(`${client} × ${server.name}: ${line.replaceAll("\t", ": ")}`);
      if (code !== 0) console.log(`FAIL ${client} × ${server.name}: it ended with ${code}`);
      const [passed, failed, leftOut] = counts.map(Number);
      console.log(`  ${client} × ${server.name}: ${passed} passed, ${failed} failed, ${leftOut} not asked of it`);
      resolve({ client, passed, failed });
    });
  });
}

async function main(chosen) {
  if (chosen.includes("--list")) {
    write();
    console.log(`list.tsv: ${list.length} sentences`);
    return true;
  }
  const isChosen = (names) => names.filter((name) => chosen.includes(name) || !names.some((other) => chosen.includes(other)));
  console.log(`browser: ${list.length} sentences, a check for each (browser/check/list.tsv)`);
  if (!isCurrent()) {
    console.log("FAIL list.tsv is not that of the checks: run node browser/check/run.mjs --list");
    return false;
  }
  if (isChosen(clients).includes("ours") && !isBuilt()) {
    console.log("FAIL there is no browser/dist/socket.io.esm.min.js: run go generate in browser/");
    return false;
  }
  const all = commands();
  const results = [];
  for (const name of isChosen(servers)) {
    const server = await startServer(name, all[name]);
    results.push(...(await Promise.all(isChosen(clients).map((client) => run(client, server)))));
    await server.stop();
  }
  const failed = results.reduce((sum, result) => sum + result.failed, 0);
  const passed = Math.max(...results.filter(({ client }) => client === isChosen(clients).at(-1)).map((result) => result.passed));
  console.log(`browser: ${passed} checks × ${isChosen(servers).length} servers, ${failed} failed`);
  return failed === 0;
}

process.exit((await main(process.argv.slice(2))) ? 0 : 1);
