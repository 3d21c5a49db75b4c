// @ts-check
// The last ten minutes, a point a second. They outlive a reload of the page.

export const SPAN_MS = 600_000;
const MOST = 700; // points; a server whose clock jumps may send more in the span

/** @typedef {import("./types.js").Point} Point */

export class History {
  /** The points, oldest first. @type {Point[]} */
  points = [];
  #key;
  /** @type {{ count: number, at: number } | undefined} */
  #dropped;

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
  add({ ts, nodes, namespaces, rates, memory, dropped }) {
    const at = new Date(ts).getTime() || Date.now();
    /** @param {"clients" | "polling" | "websocket" | "webtransport"} what */
    const sum = (what) => nodes.reduce((all, node) => all + (node[what] || 0), 0);
    const clients = sum("clients");
    const sockets = namespaces.reduce((all, namespace) => all + namespace.sockets, 0);
    const [polling, websocket, webtransport] = [sum("polling"), sum("websocket"), sum("webtransport")];
    if (this.last && at < this.last.at) this.points = []; // the server's clock was set back
    const perSecond = this.#growth(dropped, at);
    this.points.push({ at, clients, sockets, polling, websocket, webtransport, ...rates, heap: memory.heap, rss: memory.rss ?? 0, dropped: perSecond });
    const old = this.points.findIndex((point) => point.at > at - SPAN_MS);
    this.points.splice(0, Math.max(old, this.points.length - MOST));
  }

  /**
   * How fast a count grows; not at all while there is no earlier one, or after a restart.
   *
   * @param {number} dropped
   * @param {number} at
   */
  #growth(dropped, at) {
    const before = this.#dropped;
    this.#dropped = { count: dropped, at };
    if (!before || at <= before.at) return 0;
    return (Math.max(0, dropped - before.count) / (at - before.at)) * 1000;
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
