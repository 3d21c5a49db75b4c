// @ts-check
// The events of one socket as they come and go, the latest first.

import { NotConnected } from "./connection.js";
import { byId, make, setAttribute, setText } from "./elements.js";
import { count, exactTime, line } from "./figures.js";
import { redraw } from "./frames.js";

/** @typedef {import("./types.js").Watched} Watched */

const MOST_LINES = 200;
const LINES_PER_FRAME = 20;
const ARGS_LENGTH = 400; // characters

export class Tail {
  #connection;
  #body = byId("tail");
  #pause = byId("tail-pause");
  #filter = /** @type {HTMLInputElement} */ (byId("tail-filter"));
  /** Not drawn yet, oldest first. @type {Watched[]} */
  #waiting = [];
  #seen = 0;
  #dropped = 0;
  #paused = false;
  /** @type {{ nsp: string, id: string } | undefined} */
  #socket;

  /** @param {import("./connection.js").Connection} connection */
  constructor(connection) {
    this.#connection = connection;
    connection.on("watched", (/** @type {Watched} */ event) => this.#add(event));
    byId("tail-clear").addEventListener("click", () => this.#clear());
    this.#pause.addEventListener("click", () => this.#hold(!this.#paused));
  }

  /**
   * Watches a socket, and no other any more.
   *
   * @param {{ nsp: string, id: string }} socket
   */
  async watch(socket) {
    if (this.#socket?.id !== socket.id || this.#socket.nsp !== socket.nsp) {
      this.#clear();
      this.#hold(false);
    }
    this.#socket = socket;
    try {
      await this.#connection.ask("watch", socket);
      if (this.#socket === socket) this.#say();
    } catch (error) {
      if (!(error instanceof NotConnected)) setText(byId("tail-note"), `It cannot be watched: ${/** @type {Error} */ (error).message}.`);
    }
  }

  /** Watches nobody any more. */
  close() {
    if (!this.#socket) return;
    this.#socket = undefined;
    this.#clear();
    if (this.#connection.state === "online") this.#connection.act("unwatch");
  }

  /** @param {Watched} event */
  #add(event) {
    if (event.id !== this.#socket?.id || event.nsp !== this.#socket.nsp) return;
    this.#dropped += event.dropped ?? 0;
    this.#seen++;
    const wanted = this.#filter.value.trim();
    if (this.#paused || !String(event.event).includes(wanted)) return redraw(this.#say);
    this.#waiting.push(event);
    if (this.#waiting.length > MOST_LINES) this.#waiting.shift(); // it would be gone before it was seen
    redraw(this.#draw);
  }

  #draw = () => {
    for (const event of this.#waiting.splice(0, LINES_PER_FRAME)) {
      // Beyond so many lines the last one becomes the first: nothing is made anew.
      const row = this.#body.childElementCount < MOST_LINES ? newLine() : /** @type {HTMLElement} */ (this.#body.lastElementChild);
      fill(row, event);
      this.#body.prepend(row);
    }
    this.#say();
    if (this.#waiting.length > 0) redraw(this.#draw);
  };

  #say = () => {
    setText(byId("tail-count"), this.#seen > 0 ? count(this.#seen) : "");
    const dropped = this.#dropped > 0 ? `${count(this.#dropped)} more were left out, as they came too fast. ` : "";
    setText(byId("tail-note"), this.#paused ? `${dropped}Paused.` : dropped || (this.#seen === 0 ? "Nothing has come or gone yet." : ""));
  };

  #clear() {
    this.#waiting = [];
    this.#seen = this.#dropped = 0;
    this.#body.replaceChildren();
    this.#say();
  }

  /** @param {boolean} paused */
  #hold(paused) {
    this.#paused = paused;
    setAttribute(this.#pause, "aria-pressed", String(paused));
    this.#say();
  }
}

const newLine = () => make("tr", {}, make("td", { class: "mono" }), make("td"), make("td", { class: "mono" }), make("td", { class: "mono args" }));

/**
 * @param {HTMLElement} row
 * @param {Watched} event
 */
function fill(row, { ts, dir, event, args }) {
  const cells = row.children;
  setText(cells[0], exactTime(ts));
  setText(cells[1], dir);
  setAttribute(cells[1], "class", `dir is-${dir === "in" ? "one" : "two"}`);
  setText(cells[2], event);
  setText(cells[3], line(args, ARGS_LENGTH));
}
