// @ts-check
// The rooms of a namespace.

import { Rows, byId, make, setAttribute, setText, tableRow } from "./elements.js";
import { count } from "./figures.js";
import { Listing, afterTyping } from "./listing.js";
import { offerNamespaces } from "./namespaces.js";
import { address, replacePlace } from "./place.js";

/** @typedef {{ room: string, sockets: number }} Room */
/** @typedef {{ rooms: Room[], total: number }} Answer */

const MOST = 100;

export class RoomsView {
  #connection;
  #model;
  #actions;
  #rows;
  #listing;
  #filter = { nsp: "/", prefix: "" };
  #select = /** @type {HTMLSelectElement} */ (byId("rooms-nsp"));
  #prefix = /** @type {HTMLInputElement} */ (byId("rooms-prefix"));

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./model.js").Model} model
   * @param {import("./actions.js").Actions} actions
   */
  constructor(connection, model, actions) {
    this.#connection = connection;
    this.#model = model;
    this.#actions = actions;
    this.#rows = new Rows(byId("rooms-rows"), () => this.#row());
    this.#listing = new Listing({ ask: () => this.#ask(), draw: (/** @type {Answer} */ answer) => this.#draw(answer), note: byId("rooms-note") });
    afterTyping([this.#select, this.#prefix], () => this.#filtered());
    byId("rooms-filter").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#filtered();
    });
  }

  /** @param {import("./types.js").Place} place */
  open({ nsp, search }) {
    this.#filter = { nsp, prefix: search };
    this.#prefix.value = search;
    this.offer();
    this.#listing.load();
  }

  /** Loads the list anew. */
  refresh() {
    this.#listing.load();
  }

  /** Offers the namespaces that there are by now. */
  offer() {
    offerNamespaces(this.#select, this.#model.overview?.namespaces.map(({ name }) => name) ?? [], this.#filter.nsp);
  }

  close() {
    this.#listing.stop();
  }

  #filtered() {
    const [nsp, prefix] = [this.#select.value, this.#prefix.value.trim()];
    if (nsp === this.#filter.nsp && prefix === this.#filter.prefix) return;
    this.#filter = { nsp, prefix };
    replacePlace({ view: "rooms", nsp, search: prefix });
    this.#listing.load();
  }

  /** @returns {Promise<Answer>} */
  #ask() {
    const { nsp, prefix } = this.#filter;
    return this.#connection.ask("rooms", { nsp, prefix: prefix || undefined, limit: MOST });
  }

  /** @param {Answer} answer */
  #draw({ rooms, total }) {
    this.#rows.show(rooms);
    setText(byId("rooms-count"), count(total));
    if (rooms.length === 0) return "There is no such room.";
    return total > rooms.length ? `${count(rooms.length)} of ${count(total)} are shown: write how the one begins that you look for.` : "";
  }

  #row() {
    const { root, cells } = tableRow("mono break", "n", "acts");
    const link = make("a");
    cells[0].append(link);
    let shown = "";
    /** @param {Room} room */
    const show = ({ room, sockets }) => {
      const { nsp } = this.#filter;
      setText(cells[1], count(sockets));
      const key = JSON.stringify([nsp, room, this.#model.readOnly]);
      if (key === shown) return;
      shown = key;
      setText(link, room);
      setAttribute(link, "href", address({ view: "sockets", nsp, room }));
      cells[2].replaceChildren(...this.#actions.buttons({ nsp, filter: room, label: `all sockets in room ${room} of ${nsp}`, many: true, room }));
    };
    return { root, show };
  }
}
