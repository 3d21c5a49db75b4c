// @ts-check
// One socket: what is known of it, what can be done to it, and its events.

import { button, byId, make, setText } from "./elements.js";
import { duration, exactTime, line, milliseconds, transport } from "./figures.js";
import { Listing } from "./listing.js";
import { address } from "./place.js";
import { isEmpty } from "./sockets.js";
import { Tail } from "./tail.js";

/** @typedef {import("./types.js").SerializedSocket} Socket */

const MOST_ROOMS = 200;
const DATA_LENGTH = 20_000; // characters

export class SocketView {
  #connection;
  #model;
  #actions;
  #tail;
  #listing;
  #socket = { nsp: "/", id: "" };
  #drawn = "";

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./model.js").Model} model
   * @param {import("./actions.js").Actions} actions
   */
  constructor(connection, model, actions) {
    this.#connection = connection;
    this.#model = model;
    this.#actions = actions;
    this.#tail = new Tail(connection);
    this.#listing = new Listing({ ask: () => this.#ask(), draw: (/** @type {Socket | undefined} */ socket) => this.#draw(socket), note: byId("socket-note") });
    byId("join").addEventListener("submit", (event) => {
      event.preventDefault();
      const input = /** @type {HTMLInputElement} */ (byId("join-room"));
      if (!input.value) return input.focus();
      actions.join(this.#socket, input.value);
      input.value = "";
    });
  }

  /** @param {import("./types.js").Place} place */
  open({ nsp, id }) {
    this.#socket = { nsp, id };
    this.#drawn = "";
    setText(byId("socket-title"), id);
    setText(byId("socket-back"), `Sockets of ${nsp}`);
    byId("socket-back").setAttribute("href", address({ view: "sockets", nsp }));
    for (const what of ["facts", "rooms", "data", "headers"]) byId(`socket-${what}`).replaceChildren();
    this.renew();
  }

  /** Begins anew with the same socket, on a new connection. */
  renew() {
    const { nsp, id } = this.#socket;
    byId("join").hidden = !this.#model.may("JOIN");
    byId("socket-actions").replaceChildren(...this.#actions.buttons({ nsp, filter: id, label: `socket ${id}` }));
    const watchable = this.#model.may("WATCH");
    byId("tail-panel").hidden = !watchable;
    if (watchable) this.#tail.watch(this.#socket);
    this.refresh();
  }

  /** Loads anew what is known of it. */
  refresh() {
    this.#drawn = "";
    this.#listing.load();
  }

  close() {
    this.#listing.stop();
    this.#tail.close();
  }

  /** @returns {Promise<Socket | undefined>} */
  async #ask() {
    const { nsp, id } = this.#socket;
    // A socket is in the room of its own id; others may have joined that, too.
    const { sockets } = await this.#connection.ask("sockets", { nsp, room: id, limit: 100 });
    return sockets.find((/** @type {Socket} */ socket) => socket.id === id);
  }

  /** @param {Socket | undefined} socket */
  #draw(socket) {
    if (!socket) return "This socket is not connected any more.";
    this.#drawFacts(socket);
    const drawn = JSON.stringify(socket);
    if (drawn === this.#drawn) return ""; // and somebody may be about to press one of its buttons
    this.#drawn = drawn;
    const others = socket.rooms.filter((room) => room !== socket.id);
    byId("socket-rooms").replaceChildren(...others.slice(0, MOST_ROOMS).map((room) => this.#room(room)));
    if (others.length === 0) byId("socket-rooms").append(make("li", { class: "faint" }, "none but its own"));
    setText(byId("socket-data"), isEmpty(socket.data) ? "none" : JSON.stringify(socket.data, null, 2).slice(0, DATA_LENGTH));
    byId("socket-headers").replaceChildren(...facts({ ...socket.handshake.headers, ...prefixed(socket.handshake.query) }));
    return "";
  }

  /** @param {Socket} socket */
  #drawFacts(socket) {
    const { handshake } = socket;
    byId("socket-facts").replaceChildren(
      ...facts({
        Namespace: socket.nsp,
        Transport: transport(socket.transport),
        Client: socket.clientId,
        Address: handshake.address,
        Connected: `at ${exactTime(handshake.issued)}, ${duration((this.#model.now - milliseconds(handshake.issued)) / 1000)} ago`,
        Encrypted: handshake.secure ? "yes" : "no",
        "Cross-origin": handshake.xdomain ? "yes" : "no",
        URL: handshake.url,
      }),
    );
  }

  /** @param {string} room */
  #room(room) {
    const { nsp } = this.#socket;
    const link = make("a", { href: address({ view: "sockets", nsp, room }) }, room);
    if (!this.#model.may("LEAVE")) return make("li", {}, link);
    return make("li", {}, link, button("×", () => this.#actions.leave(this.#socket, room), { "aria-label": `Leave room ${room}` }));
  }
}

/** @param {Record<string, unknown>} values */
function facts(values) {
  return Object.entries(values).map(([name, value]) =>
    make("div", {}, make("dt", {}, name), make("dd", {}, typeof value === "string" ? value : line(value, 500))),
  );
}

/**
 * The query with a question mark before each name, as headers may have the same.
 *
 * @param {Record<string, unknown>} query
 */
const prefixed = (query) => Object.fromEntries(Object.entries(query).map(([name, value]) => [`?${name}`, value]));
