// @ts-check
// The last ten minutes, a point a second. They outlive a reload of the page.

export const SPAN_MS = 600_000;
const MOST = 700; // points; a server whose clock jumps may send more in the span

/** @typedef {import("./types.js").Point} Point */

export class History {
  /** The points, oldest first. @type {Point[]} */
  points = [];
  #key;

  /** @param {string} key where they are kept, in the storage of the tab */
  constructor(key) {
    this.#key = key;
    try {
      this.points = JSON.parse(sessionStorage.getItem(key) ?? "[]");
    } catch {
      this.points = [];
    }
    addEventListener("pagehide", () => sessionStorage.setItem(key, JSON.stringify(this.points)));
  }

  /** @param {import("./types.js").Overview} overview */
  add({ ts, nodes, rates, memory }) {
    const at = new Date(ts).getTime() || Date.now();
    /** @param {"clients" | "polling" | "websocket" | "webtransport"} what */
    const sum = (what) => nodes.reduce((all, node) => all + (node[what] || 0), 0);
    const clients = sum("clients");
    const [polling, websocket, webtransport] = [sum("polling"), sum("websocket"), sum("webtransport")];
    this.points.push({ at, clients, polling, websocket, webtransport, ...rates, heap: memory.heap, rss: memory.rss ?? 0 });
    const old = this.points.findIndex((point) => point.at > at - SPAN_MS);
    this.points.splice(0, Math.max(old, this.points.length - MOST));
  }

  /** @returns {Point | undefined} */
  get last() {
    return this.points[this.points.length - 1];
  }

  /** Forgets all of it, also what is kept. */
  clear() {
    this.points = [];
    sessionStorage.removeItem(this.#key);
  }
}
