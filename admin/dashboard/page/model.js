// @ts-check
// What the page knows of the server. All of it is bounded.

import { History } from "./history.js";

/** @typedef {import("./types.js").Refused} Refused */

const MOST_REFUSED = 200;
const SILENCE_MS = 3000;

export class Model {
  /** @type {import("./types.js").Overview | undefined} */
  overview;
  /** The refused requests, the latest first. @type {Refused[]} */
  refused = [];
  history;
  /** @type {Set<string>} */
  #may = new Set();
  /** The nodes that don't answer, and since when. @type {Map<string, number>} */
  #silent = new Map();

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
    const silent = new Map();
    for (const { serverId, healthy } of overview.nodes) {
      if (!healthy) silent.set(serverId, this.#silent.get(serverId) ?? this.now);
    }
    this.#silent = silent;
  }

  /** @param {Refused[]} list */
  replaceRefused(list) {
    this.refused = [];
    for (const one of list) this.addRefused(one);
  }

  /**
   * Adds what was refused within a second. All for one reason is one line, however often.
   *
   * @param {Refused} one
   */
  addRefused(one) {
    const same = this.refused.findIndex(({ code, reason }) => code === one.code && reason === one.reason);
    const before = same >= 0 ? this.refused.splice(same, 1)[0].count : 0;
    this.refused.unshift({ ...one, count: before + one.count });
    this.refused.length = Math.min(this.refused.length, MOST_REFUSED);
  }

  /** How many requests have been refused, of those that are known. */
  get refusals() {
    return this.refused.reduce((sum, { count }) => sum + count, 0);
  }

  /** The nodes that have not answered for some seconds; a busy one may miss one. */
  get silent() {
    return [...this.#silent].filter(([, since]) => this.now - since >= SILENCE_MS).map(([serverId]) => serverId);
  }

  /** When it is on the server, in milliseconds since 1970, by its last word. */
  get now() {
    return this.history.last?.at ?? Date.now();
  }
}
