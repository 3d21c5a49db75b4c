// Firefox, as the tests of the demo see browsers: headless, driven over WebDriver BiDi.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import WebSocket from "ws";
import { Mismatch } from "../lib/expect.mjs";
import { within } from "../lib/wait.mjs";

const program = "/usr/bin/firefox-esr";
const START_LIMIT_MS = 60_000;
const COMMAND_LIMIT_MS = 30_000;
const listening = /WebDriver BiDi listening on (ws:\S+)/;

/** Starts Firefox with a profile of its own. */
export async function startFirefox() {
  const home = mkdtempSync(join(tmpdir(), "demo-firefox-"));
  const args = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", home];
  const process = spawn(program, args, { env: { ...globalThis.process.env, HOME: home, MOZ_CRASHREPORTER_DISABLE: "1" }, stdio: ["ignore", "ignore", "pipe"] });
  const gone = new Promise((resolve) => process.on("exit", resolve).on("error", resolve));
  const kill = () => process.kill("SIGKILL");
  globalThis.process.on("exit", kill);
  const close = async (session) => {
    await session?.send("browser.close", {}).catch(kill);
    await within(gone, "Firefox to end").catch(kill);
    await gone;
    globalThis.process.off("exit", kill);
    rmSync(home, { recursive: true, force: true });
  };
  try {
    const session = await Session.open(`${await within(addressOf(process, gone), "Firefox to listen", START_LIMIT_MS)}/session`);
    return { name: "Firefox", close: () => close(session), open: (url, options) => open(session, url, options) };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where Firefox listens, which it says on standard error. */
function addressOf(process, gone) {
  return new Promise((resolve, reject) => {
    let said = "";
    process.stderr.setEncoding("utf8").on("data", (text) => {
      said += text;
      const found = listening.exec(said);
      if (found) resolve(found[1]);
    });
    gone.then(() => reject(new Mismatch(`expected ${program} to listen, but it ended: ${said.trim().slice(-400)}`)));
  });
}

/** A connection to the browser: commands, and their answers by number. */
class Session {
  #ws;
  #last = 0;
  #waiting = new Map();

  static async open(url) {
    const ws = new WebSocket(url);
    await new Promise((resolve, reject) => ws.on("open", resolve).on("error", reject));
    const session = new Session(ws);
    await session.send("session.new", { capabilities: {} });
    return session;
  }

  constructor(ws) {
    this.#ws = ws;
    ws.on("message", (data) => {
      const { id, type, error, message, result } = JSON.parse(data);
      const asked = this.#waiting.get(id);
      if (!asked) return; // an event
      this.#waiting.delete(id);
      if (type === "error") asked.reject(new Mismatch(`expected ${asked.method} to work, got ${error}: ${message}`));
      else asked.resolve(result);
    });
    ws.on("close", () => this.#waiting.forEach(({ reject, method }) => reject(new Mismatch(`expected an answer to ${method}, but Firefox is gone`))));
  }

  send(method, params) {
    const id = ++this.#last;
    const answered = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject, method }));
    this.#ws.send(JSON.stringify({ id, method, params }));
    return within(answered, `an answer to ${method}`, COMMAND_LIMIT_MS);
  }
}

/** Opens a page in storage of its own; the functions `before` run in it before its scripts. */
async function open(session, url, { before = [], width = 1180, height = 760 } = {}) {
  const { userContext } = await session.send("browser.createUserContext", {});
  // A window and not a tab: what is in the background has slower timers.
  const { context } = await session.send("browsingContext.create", { type: "window", userContext });
  await session.send("browsingContext.setViewport", { context, viewport: { width, height } });
  for (const f of before) await session.send("script.addPreloadScript", { functionDeclaration: `${f}`, contexts: [context] });
  await session.send("browsingContext.navigate", { context, url, wait: "complete" });
  return new FirefoxPage(session, context, userContext);
}

/** Keys that have no character, by their names in `KeyboardEvent.key`. */
const keys = { Tab: "\uE004", Enter: "\uE007", Escape: "\uE00C", "Shift+Tab": "\uE008\uE004" };

class FirefoxPage {
  #session;
  #context;
  #userContext;

  constructor(session, context, userContext) {
    this.#session = session;
    this.#context = context;
    this.#userContext = userContext;
  }

  /** Runs a function in the page, and resolves with what it returns. */
  async run(f, argument) {
    const { type, result, exceptionDetails } = await this.#session.send("script.callFunction", {
      functionDeclaration: `async (json) => JSON.stringify(await (${f})(JSON.parse(json)))`,
      arguments: [{ type: "string", value: JSON.stringify(argument ?? null) }],
      target: { context: this.#context },
      awaitPromise: true,
    });
    if (type === "exception") throw new Mismatch(`expected the page to run a function, got ${exceptionDetails.text}`);
    return result.type === "string" ? JSON.parse(result.value) : undefined;
  }

  /** Types a text as keys. */
  type(text) {
    return this.#perform([...text].flatMap((value) => [{ type: "keyDown", value }, { type: "keyUp", value }]));
  }

  /** Presses one key, called as in `KeyboardEvent.key`; before it may stand "Shift+". */
  press(key) {
    const values = [...keys[key]];
    return this.#perform([...values.map((value) => ({ type: "keyDown", value })), ...values.map((value) => ({ type: "keyUp", value })).reverse()]);
  }

  async #perform(actions) {
    await this.#session.send("browsingContext.activate", { context: this.#context });
    return this.#session.send("input.performActions", { context: this.#context, actions: [{ type: "key", id: "keyboard", actions }] });
  }

  /** Chooses a file for the input. */
  async choose(selector, path) {
    const located = await this.#session.send("browsingContext.locateNodes", { context: this.#context, locator: { type: "css", value: selector } });
    const [{ sharedId }] = located.nodes;
    return this.#session.send("input.setFiles", { context: this.#context, element: { sharedId }, files: [path] });
  }

  close() {
    return this.#session.send("browser.removeUserContext", { userContext: this.#userContext });
  }
}
