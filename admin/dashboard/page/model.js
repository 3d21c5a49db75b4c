// @ts-check
// What the page knows of the server. All of it is bounded.

import { History } from "./history.js";

/** @typedef {import("./types.js").Refused} Refused */

const MOST_REFUSED = 200;

export class Model {
  /** @type {import("./types.js").Overview | undefined} */
  overview;
  /** The refused requests, the latest first. @type {Refused[]} */
  refused = [];
  history;
  /** @type {Set<string>} */
  #may = new Set();

  /** @param {string} key where its history is kept */
  constructor(key) {
    this.history = new History(key);
  }

  /** @param {import("./types.js").Config} config */
  configure({ supportedFeatures, extensions = [] }) {
    this.#may = new Set([...supportedFeatures, ...extensions]);
  }

  /**
   * Whether the server does this: EMIT, JOIN, LEAVE or DISCONNECT, for one socket, with an M
   * in front for many, or WATCH and the other extensions.
   *
   * @param {string} what
   */
  may(what) {
    return this.#may.has(what);
  }

  /** Whether the server lets nobody change anything. */
  get readOnly() {
    return !["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT"].some((what) => this.may(what));
  }

  /** @param {import("./types.js").Overview} overview */
  add(overview) {
    this.overview = overview;
    this.history.add(overview);
  }

  /** @param {Refused[]} list */
  replaceRefused(list) {
    this.refused = [];
    for (const one of list) this.addRefused(one);
  }

  /**
   * Adds a refused request; of the same address for the same reason there is one.
   *
   * @param {Refused} one
   */
  addRefused(one) {
    const same = this.refused.findIndex(({ code, reason, address }) => code === one.code && reason === one.reason && address === one.address);
    if (same >= 0) this.refused.splice(same, 1);
    this.refused.push(one);
    this.refused.sort((a, b) => new Date(b.ts).getTime() - new Date(a.ts).getTime());
    this.refused.length = Math.min(this.refused.length, MOST_REFUSED);
  }

  /** When it is on the server, in milliseconds since 1970, by its last word. */
  get now() {
    return this.history.last?.at ?? Date.now();
  }
}
