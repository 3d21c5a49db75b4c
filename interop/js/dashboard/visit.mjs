// What a test of the dashboard receives: people in front of it, and the servers.

import { eventually, watch } from "../demo/visit.mjs";
import { equal } from "../lib/expect.mjs";

export { eventually };

/** The part of a picture that may be another each time: the charts. */
export const CHARTS = 0.25;

/** The people of one test. */
export class Visit {
  #browser;
  #people = [];

  constructor(browser, servers) {
    this.#browser = browser;
    this.servers = servers;
  }

  /** Somebody opens the dashboard of a server, and sees the form. */
  async open(server, { place = "", query = "", ...options } = {}) {
    const page = await this.#browser.open(`${server.url}/dashboard/${query}#${place}`, { ...options, before: [watch] });
    const admin = new Admin(page);
    this.#people.push(admin);
    await admin.sees("the form", "#login");
    return admin;
  }

  /** Somebody opens the dashboard and logs in. */
  async enter(server, options = {}) {
    const admin = await this.open(server, options);
    await admin.logIn("secret");
    const view = new URLSearchParams(options.place).get("view") ?? "overview";
    await admin.sees(`the view ${view}`, `#${view}`);
    return admin;
  }

  /** Fails if anything went wrong in one of the pages: an error, or something that the policy forbids. */
  async nothingWentWrong() {
    for (const { page } of this.#people) equal(await page.run(() => window.problems), [], "what went wrong in the page");
  }

  async close() {
    for (const { page } of this.#people) await page.close();
  }
}

/** Somebody in front of the dashboard. */
class Admin {
  constructor(page) {
    this.page = page;
  }

  async logIn(password) {
    await this.fill("#username", "admin");
    await this.fill("#password", password);
    await this.press("#log-in");
  }

  /** Waits until an element is there and can be seen. */
  sees(what, selector) {
    const seen = () => this.page.run((selector) => document.querySelector(selector)?.checkVisibility() ?? false, selector);
    return eventually(`${what} to be seen`, seen);
  }

  /** Waits until no such element can be seen. */
  seesNo(what, selector) {
    const seen = () => this.page.run((selector) => [...document.querySelectorAll(selector)].every((element) => !element.checkVisibility()), selector);
    return eventually(`${what} to be gone`, seen);
  }

  /** Waits until the text of an element has these words. */
  async reads(selector, words) {
    let got;
    const has = async () => (got = await this.text(selector)).includes(words);
    await eventually(`${selector} to say ${words}`, has).catch(() => equal(got, words, `what ${selector} says`));
  }

  text(selector) {
    return this.page.run((selector) => document.querySelector(selector)?.textContent ?? "", selector);
  }

  /** The texts of all such elements that can be seen. */
  texts(selector) {
    return this.page.run((selector) => [...document.querySelectorAll(selector)].filter((element) => element.checkVisibility()).map(({ textContent }) => textContent), selector);
  }

  press(selector) {
    return this.page.run((selector) => document.querySelector(selector).click(), selector);
  }

  /** Presses the button with this text. */
  pressText(within, text) {
    return this.page.run(
      ([within, text]) => [...document.querySelectorAll(`${within} button`)].find((button) => button.textContent === text).click(),
      [within, text],
    );
  }

  /** Has a field hold a text, as if it had been typed. */
  fill(selector, text) {
    return this.page.run(
      ([selector, text]) => {
        const field = document.querySelector(selector);
        field.value = text;
        field.dispatchEvent(new Event("input", { bubbles: true }));
      },
      [selector, text],
    );
  }

  /** Goes to a place, by its address. */
  async go(place) {
    const view = new URLSearchParams(place).get("view");
    await this.page.run((place) => void (location.hash = place), place);
    await this.sees(`the view ${view}`, `#${view}`);
  }

  /** Opens the first socket of a list, and resolves with its id. */
  async openSocket(filter) {
    await this.go(`view=sockets&${filter}`);
    await this.sees("a socket", "#sockets-rows a");
    const id = await this.text("#sockets-rows a");
    await this.press("#sockets-rows a");
    await this.reads("#socket-title", id);
    await this.reads("#socket-facts", "Namespace");
    return id;
  }
}
