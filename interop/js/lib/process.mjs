// Server processes that the run starts and ends itself.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { Mismatch } from "./expect.mjs";

const READY_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 10_000;

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** A server process: its output line by line, and its end. */
export class ServerProcess {
  /** The lines printed on standard output so far. */
  lines = [];
  #child;
  #errors = "";
  #waiting = new Set();

  /**
   * Starts the command (an array: program, arguments) and resolves once it
   * printed the ready line; fails if it ends before that.
   */
  static async start(command, { env = {}, cwd, ready }) {
    const server = new ServerProcess(command, env, cwd);
    await server.#isReady(ready, command);
    return server;
  }

  constructor([program, ...args], env, cwd) {
    this.#child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.#child.on("error", (error) => (this.#errors += error.message));
    running.add(this.#child);
    this.ended = new Promise((resolve) => {
      this.#child.on("close", (code, signal) => {
        running.delete(this.#child);
        resolve(signal ?? code ?? "not started");
        this.#waiting.forEach((look) => look());
      });
    });
    this.ended.then((how) => (this.#endedHow = how));
    this.#readLines();
  }

  #endedHow;

  /** What it wrote to standard error last, on one line. */
  get lastErrors() {
    return this.#errors.trim().slice(-400).replaceAll("\n", " | ");
  }

  /** How it ended (exit code or signal), undefined while it runs. */
  get endedHow() {
    return this.#endedHow;
  }

  /** Resolves once the predicate holds for the lines printed so far, or with false when the process ended. */
  async printed(predicate) {
    while (!predicate(this.lines)) {
      if (this.#endedHow !== undefined) return false;
      let look;
      await new Promise((resolve) => this.#waiting.add((look = resolve)));
      this.#waiting.delete(look);
    }
    return true;
  }

  /** Sends the signal and resolves with how the process ended; it is killed if it does not end within 10 s. */
  async stop(signal = "SIGTERM") {
    const last = setTimeout(() => this.#child.kill("SIGKILL"), STOP_LIMIT_MS);
    this.#child.kill(signal);
    const how = await this.ended;
    clearTimeout(last);
    return how;
  }

  async #isReady(ready, command) {
    const limit = setTimeout(() => this.#child.kill("SIGKILL"), READY_LIMIT_MS);
    const came = await this.printed((lines) => lines.includes(ready));
    clearTimeout(limit);
    if (came) return;
    const how = await this.ended;
    throw new Mismatch(`expected ${command.join(" ")} to print "${ready}", but it ended (${how}): ${this.lastErrors}`);
  }

  #readLines() {
    let rest = "";
    this.#child.stdout.setEncoding("utf8").on("data", (text) => {
      const parts = (rest + text).split("\n");
      rest = parts.pop();
      this.lines.push(...parts.map((line) => line.replace(/\r$/, "")));
      this.#waiting.forEach((look) => look());
    });
    this.#child.stderr.setEncoding("utf8").on("data", (text) => (this.#errors += text));
  }
}

/** A port on 127.0.0.1 that nobody listens on. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** Says whether somebody listens on the port of 127.0.0.1 already. */
export async function isBusy(port) {
  const probe = createServer();
  const outcome = await new Promise((resolve) => {
    probe.once("error", () => resolve(true));
    probe.listen(port, "127.0.0.1", () => resolve(false));
  });
  if (!outcome) {
    probe.close();
    await once(probe, "close");
  }
  return outcome;
}
