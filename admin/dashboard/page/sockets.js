// @ts-check
// The sockets of a namespace, a page at a time.

import { Rows, byId, make, setAttribute, setText, tableRow } from "./elements.js";
import { count, duration, line, milliseconds, transport } from "./figures.js";
import { Listing, afterTyping } from "./listing.js";
import { offerNamespaces } from "./namespaces.js";
import { address, replacePlace } from "./place.js";

/** @typedef {import("./types.js").SerializedSocket} Socket */
/** @typedef {{ sockets: Socket[], total: number, next?: string }} Answer */

const PAGE = 100;
const ROOMS_SHOWN = 4;

export class SocketsView {
  #connection;
  #model;
  #actions;
  #rows;
  #listing;
  #filter = { nsp: "/", room: "", search: "" };
  /** Where the pages up to this one begin; the first begins at none. @type {(string | undefined)[]} */
  #pages = [undefined];
  /** @type {string | undefined} */
  #next;
  #select = /** @type {HTMLSelectElement} */ (byId("sockets-nsp"));
  #room = /** @type {HTMLInputElement} */ (byId("sockets-room"));
  #search = /** @type {HTMLInputElement} */ (byId("sockets-search"));

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./model.js").Model} model
   * @param {import("./actions.js").Actions} actions
   */
  constructor(connection, model, actions) {
    this.#connection = connection;
    this.#model = model;
    this.#actions = actions;
    this.#rows = new Rows(byId("sockets-rows"), () => this.#row());
    this.#listing = new Listing({ ask: () => this.#ask(), draw: (/** @type {Answer} */ answer) => this.#draw(answer), note: byId("sockets-note") });
    afterTyping([this.#select, this.#room, this.#search], () => this.#filtered());
    byId("sockets-filter").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#filtered();
    });
    byId("sockets-previous").addEventListener("click", () => this.#turn(this.#pages.slice(0, -1)));
    byId("sockets-next").addEventListener("click", () => this.#turn([...this.#pages, this.#next]));
  }

  /** @param {import("./types.js").Place} place */
  open({ nsp, room, search }) {
    this.#filter = { nsp, room, search };
    this.#room.value = room;
    this.#search.value = search;
    this.offer();
    this.#act();
    this.#turn([undefined]);
  }

  /** Loads the page that is seen anew. */
  refresh() {
    this.#act();
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
    const filter = { nsp: this.#select.value, room: this.#room.value.trim(), search: this.#search.value.trim() };
    if (line(filter, Infinity) === line(this.#filter, Infinity)) return;
    this.#filter = filter;
    replacePlace({ view: "sockets", ...filter });
    this.#act();
    this.#turn([undefined]);
  }

  /** @param {(string | undefined)[]} pages */
  #turn(pages) {
    this.#pages = pages;
    this.#listing.load();
  }

  /** @returns {Promise<Answer>} */
  #ask() {
    const { nsp, room, search } = this.#filter;
    const after = this.#pages[this.#pages.length - 1];
    return this.#connection.ask("sockets", { nsp, room: room || undefined, search: search || undefined, after, limit: PAGE });
  }

  /** @param {Answer} answer */
  #draw({ sockets, total, next }) {
    this.#next = next || undefined;
    this.#rows.show(sockets);
    const first = (this.#pages.length - 1) * PAGE;
    setText(byId("sockets-count"), count(total));
    setText(byId("sockets-page"), sockets.length > 0 ? `${count(first + 1)}–${count(first + sockets.length)} of ${count(total)}` : "");
    /** @type {HTMLButtonElement} */ (byId("sockets-previous")).disabled = this.#pages.length === 1;
    /** @type {HTMLButtonElement} */ (byId("sockets-next")).disabled = this.#next === undefined;
    return sockets.length > 0 ? "" : "There is no such socket.";
  }

  /** Shows what can be done with all sockets of the list; nothing, if it is only a part of a room. */
  #act() {
    const { nsp, room, search } = this.#filter;
    const target = { nsp, filter: room || undefined, label: room ? `all sockets in room ${room} of ${nsp}` : `all sockets of ${nsp}`, many: true };
    byId("sockets-actions").replaceChildren(...(search ? [] : this.#actions.buttons(target)));
  }

  #row() {
    const { root, cells } = tableRow("mono", "", "mono", "n", "wide rooms", "wide mono cut");
    const link = make("a");
    cells[0].append(link);
    /** @param {Socket} socket */
    const show = ({ id, nsp, transport: name, handshake, rooms, data }) => {
      setText(link, id);
      setAttribute(link, "href", address({ view: "socket", nsp, id }));
      setText(cells[1], transport(name));
      setText(cells[2], handshake.address);
      setText(cells[3], duration((this.#model.now - milliseconds(handshake.issued)) / 1000));
      const others = rooms.filter((room) => room !== id);
      const more = others.length > ROOMS_SHOWN ? ` +${others.length - ROOMS_SHOWN}` : "";
      setText(cells[4], others.slice(0, ROOMS_SHOWN).join(", ") + more);
      setText(cells[5], isEmpty(data) ? "" : line(data, 120));
    };
    return { root, show };
  }
}

/** @param {unknown} data */
export const isEmpty = (data) => data === null || data === undefined || (typeof data === "object" && Object.keys(data).length === 0);
