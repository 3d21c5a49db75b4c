// @ts-check
// What can be done to sockets: only what the server says it lets do, and only after a
// question. The server acknowledges none of it.

import { button, byId, setText } from "./elements.js";

/**
 * @typedef {object} Target
 * @property {string} nsp
 * @property {string} [filter] a room or the id of a socket; all of the namespace if there is none
 * @property {string} label whom it is about, after a verb
 * @property {boolean} [many] whether these may be several sockets
 * @property {string} [room] the room, if they may be made to leave it
 */

const TOLD_MS = 4000;

export class Actions {
  #connection;
  #model;
  #onDone;
  #confirm = /** @type {HTMLDialogElement} */ (byId("confirm"));
  #dialog = /** @type {HTMLDialogElement} */ (byId("emit"));
  #event = /** @type {HTMLInputElement} */ (byId("emit-event"));
  #args = /** @type {HTMLTextAreaElement} */ (byId("emit-args"));
  /** @type {Target | undefined} */
  #target;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {import("./connection.js").Connection} connection
   * @param {import("./model.js").Model} model
   * @param {() => void} onDone is called when the server has been told to do something
   */
  constructor(connection, model, onDone) {
    this.#connection = connection;
    this.#model = model;
    this.#onDone = onDone;
    byId("emit-cancel").addEventListener("click", () => this.#dialog.close());
    byId("emit-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#emit();
    });
  }

  /**
   * The buttons for what can be done to the target; none if the server is read-only.
   *
   * @param {Target} target
   */
  buttons(target) {
    const many = target.many ? "M" : "";
    const made = [];
    const about = (/** @type {string} */ verb) => ({ "aria-label": `${verb} ${target.label}` });
    if (this.#model.may("EMIT")) made.push(button("Emit…", () => this.#askEmit(target), about("Emit to")));
    if (target.room !== undefined && this.#model.may(`${many}LEAVE`)) made.push(button("Empty…", () => this.#askEmpty(target), about("Make leave it:")));
    if (this.#model.may(`${many}DISCONNECT`)) made.push(button("Disconnect…", () => this.#askDisconnect(target), { class: "danger", ...about("Disconnect") }));
    return made;
  }

  /**
   * Has one socket join a room.
   *
   * @param {{ nsp: string, id: string }} socket
   * @param {string} room
   */
  join({ nsp, id }, room) {
    this.#do(`It joins ${room}.`, "join", nsp, room, id);
  }

  /**
   * Has one socket leave a room.
   *
   * @param {{ nsp: string, id: string }} socket
   * @param {string} room
   */
  leave({ nsp, id }, room) {
    this.#do(`It leaves ${room}.`, "leave", nsp, room, id);
  }

  /** @param {Target} target */
  #askDisconnect(target) {
    const { nsp, filter, label } = target;
    const disconnect = (/** @type {boolean} */ close) => this.#do(`Disconnected ${label}.`, "_disconnect", nsp, close, filter);
    this.#ask(`Disconnect ${label}?`, "Clients that are disconnected from the namespace stay away until their program connects again. Those whose connection is closed come back by themselves.", [
      ["From the namespace", () => disconnect(false)],
      ["Close connections", () => disconnect(true)],
    ]);
  }

  /** @param {Target} target */
  #askEmpty({ nsp, room = "", label }) {
    const empty = () => this.#do(`Room ${room} is empty.`, "leave", nsp, room, room);
    this.#ask(`Empty room ${room}?`, `The room loses ${label}. They stay connected.`, [["Empty the room", empty]]);
  }

  /**
   * @param {string} question
   * @param {string} explanation
   * @param {[string, () => void][]} answers beside "Cancel"
   */
  #ask(question, explanation, answers) {
    setText(byId("confirm-title"), question);
    setText(byId("confirm-text"), explanation);
    const close = () => this.#confirm.close();
    const made = answers.map(([text, act]) =>
      button(text, () => {
        close();
        act();
      }, { class: "danger" }),
    );
    byId("confirm-answers").replaceChildren(button("Cancel", close), ...made);
    this.#confirm.showModal();
  }

  /** @param {Target} target */
  #askEmit(target) {
    this.#target = target;
    setText(byId("emit-title"), `Emit to ${target.label}`);
    setText(byId("emit-problem"), "");
    if (!this.#args.value) this.#args.value = "[]";
    this.#dialog.showModal();
    this.#event.focus();
  }

  #emit() {
    const event = this.#event.value.trim();
    const args = listOf(this.#args.value);
    const problem = !event ? "The event has no name." : args === undefined ? "The arguments are no list in JSON, such as [\"hello\", 1]." : "";
    setText(byId("emit-problem"), problem);
    if (!args || problem || !this.#target) return;
    this.#dialog.close();
    const { nsp, filter, label } = this.#target;
    this.#do(`Emitted ${event} to ${label}.`, "emit", nsp, filter, event, ...args);
  }

  /**
   * @param {string} told what is said when it has been sent
   * @param {string} action
   * @param {unknown[]} args
   */
  #do(told, action, ...args) {
    let said = told;
    try {
      this.#connection.act(action, ...args);
    } catch {
      said = "Nothing was done: the dashboard is not connected.";
    }
    const box = byId("told");
    box.hidden = false;
    setText(box, said);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => (box.hidden = true), TOLD_MS);
    this.#onDone();
  }
}

/**
 * @param {string} json
 * @returns {unknown[] | undefined} undefined if it is no list
 */
function listOf(json) {
  try {
    const value = JSON.parse(json.trim() || "[]");
    return Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
