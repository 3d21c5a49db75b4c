// The servers' programs: Go commands of this repository, or what stands in for them.

import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { Mismatch } from "./expect.mjs";

/** The repository's root, with its last slash. */
export const repository = fileURLToPath(new URL("../../../", import.meta.url));

/**
 * The command that starts a server, as an array: the stand-in if one is given
 * (program and arguments, separated by blanks), else the Go package, built
 * into .tmp.
 */
export function serverCommand(standIn, packagePath) {
  return standIn ? standIn.split(" ") : [buildGo(packagePath)];
}

function buildGo(packagePath) {
  console.log(`  building ${packagePath}`);
  mkdirSync(`${repository}.tmp`, { recursive: true });
  const program = `${repository}.tmp/interop-${basename(packagePath)}`;
  const built = spawnSync("go", ["build", "-o", program, packagePath], {
    cwd: repository,
    env: { ...process.env, GOTOOLCHAIN: "auto" },
    encoding: "utf8",
  });
  if (built.status !== 0) {
    const reason = built.error?.message ?? built.stderr.trim().replaceAll("\n", " | ");
    throw new Mismatch(`expected go build ${packagePath} to succeed, got ${reason}`);
  }
  return program;
}
