// What a test of the demo receives: people in front of pages of the chat.

import { mkdirSync, writeFileSync } from "node:fs";
import { equal } from "../lib/expect.mjs";
import { artefacts } from "../lib/pictures.mjs";
import { until } from "../lib/wait.mjs";

const LIMIT_MS = 30_000;
const LOOK_AGAIN_MS = 25; // each look is a task for the browser

/** Waits until the condition holds, also on a machine that is busy. */
export const eventually = (what, condition) =>
  until(what, async () => (await condition()) || (await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS))), LIMIT_MS);

/** Runs in each page before its scripts: keeps what goes wrong there. */
export function watch() {
  window.problems = [];
  window.addEventListener("error", ({ message }) => window.problems.push(message));
  window.addEventListener("unhandledrejection", ({ reason }) => window.problems.push(`unhandled: ${reason}`));
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    window.problems.push(`${violatedDirective} forbids ${blockedURI}`),
  );
}

let visits = 0;

/** The people of one test, in a room of their own, and the server. */
export class Visit {
  room = `room ${++visits}`;
  #browser;
  #people = [];

  constructor(browser, server) {
    this.#browser = browser;
    this.server = server;
  }

  /** Somebody opens the page, by a link to the room unless `hash` says another. */
  async open(options = {}) {
    const page = await this.#browser.open(`${this.server.url}/#${options.hash ?? encodeURIComponent(this.room)}`, { ...options, before: [watch, ...(options.before ?? [])] });
    const person = new Person(page);
    this.#people.push(person);
    await eventually("the page to be ready", () => page.run(() => document.title !== "" && document.querySelector("#entry button").textContent !== ""));
    return person;
  }

  /** Somebody opens the page and enters. */
  async enter(name, options = {}) {
    const person = await this.open(options);
    await person.enter(name, options.room ?? this.room, options.transport ?? "websocket");
    return person;
  }

  /** Fails if anything went wrong in one of the pages that no test has asked about. */
  async nothingWentWrong() {
    for (const { page } of this.#people) equal(await page.run(() => window.problems), [], "what went wrong in the page");
  }

  async close() {
    for (const { page } of this.#people) await page.close();
  }
}

/** Somebody in front of a page, with a name or not yet. */
class Person {
  constructor(page) {
    this.page = page;
  }

  /** Fills in the form, and waits to be in the room by that transport. */
  async enter(name, room, transport) {
    this.name = name;
    await this.page.run(
      ([name, room]) => {
        document.querySelector("#name").value = name;
        document.querySelector("#room").value = room;
        document.querySelector("#entry button").click();
      },
      [name, room],
    );
    await eventually(`${name} to be in the room by ${transport}`, async () => (await this.transport()) === transport && (await this.people()).includes(name));
  }

  /** The text of the elements. */
  texts(selector) {
    return this.page.run((selector) => [...document.querySelectorAll(selector)].map((element) => element.textContent), selector);
  }

  /** The transport in the panel, by the protocol's name. */
  transport() {
    return this.page.run(() => document.querySelector("#transport").dataset.text);
  }

  people() {
    return this.texts("#people .name");
  }

  /** What is said, as the page shows it: the names and the texts. */
  async lines() {
    const [from, texts] = [await this.texts("#lines .from"), await this.texts("#lines .bubble")];
    return from.map((name, i) => `${name}: ${texts[i]}`);
  }

  async write(text) {
    await this.page.run(() => document.querySelector("#text").focus());
    await this.page.type(text);
  }

  async say(text) {
    await this.write(text);
    await this.page.press("Enter");
  }

  /** Waits until the page shows exactly these lines. */
  async sees(...want) {
    let got;
    const same = async () => (got = await this.lines()).join("\n") === want.join("\n");
    await eventually(`${this.name} to see the lines`, same).catch(() => equal(got, want, `lines that ${this.name} sees`));
  }

  /** Waits until an element has this word of the string table. */
  async shows(selector, key) {
    const shown = () => this.page.run((selector) => document.querySelector(selector).dataset.text, selector);
    await eventually(`${selector} of ${this.name} to say ${key}`, async () => (await shown()) === key);
  }

  /** Waits until all that this person has said is acknowledged. */
  async isHeard() {
    const fates = () => this.page.run(() => [...document.querySelectorAll(".fate")].map(({ dataset }) => dataset.fate));
    await eventually(`what ${this.name} said to be acknowledged`, async () => (await fates()).every((fate) => fate === "reached"));
  }

  press(selector) {
    return this.page.run((selector) => document.querySelector(selector).click(), selector);
  }
}

/** Paints a small landscape in the page, and resolves with the name of the file where it is. */
export async function paintLandscape(page) {
  const base64 = await page.run(() => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
    const context = canvas.getContext("2d");
    const sky = context.createLinearGradient(0, 0, 0, 180);
    for (const [at, color] of [[0, "#274690"], [0.55, "#e07a5f"], [1, "#f2cc8f"]]) sky.addColorStop(at, color);
    context.fillStyle = sky;
    context.fillRect(0, 0, 320, 180);
    context.fillStyle = "#fff3d6";
    context.arc(220, 105, 18, 0, 7);
    context.fill();
    for (const [color, low, high] of [["#5f4b66", 120, 22], ["#33334f", 145, 14]]) {
      context.fillStyle = color;
      context.beginPath();
      context.moveTo(0, 180);
      for (let x = 0; x <= 320; x += 4) context.lineTo(x, low - high * Math.sin(x / 47 + low));
      context.lineTo(320, 180);
      context.fill();
    }
    return canvas.toDataURL().split(",")[1];
  });
  mkdirSync(artefacts, { recursive: true });
  const path = `${artefacts}/landscape.png`;
  writeFileSync(path, Buffer.from(base64, "base64"));
  return path;
}
