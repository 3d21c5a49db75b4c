// @ts-check
// The connection to the admin namespace: logging in, and coming back by itself.

import { io } from "./socket.io.esm.min.js";

const ANSWER_LIMIT_MS = 10_000;

/**
 * @typedef {"connecting" | "login" | "online" | "lost"} State
 *
 * connecting: the first attempt, or one with credentials. login: the server wants
 * credentials. online: connected. lost: it was connected, or could not be reached; the
 * client tries again by itself.
 */

/** Not connected, so the request was not sent. */
export class NotConnected extends Error {}

export class Connection {
  /** @type {State} */
  state = "connecting";
  #socket;
  #key;
  #onState;

  /**
   * @param {{ namespace: string, path: string }} where both begin with a slash, and are of the page's own origin
   * @param {(state: State, why: string) => void} onState is called at each change
   */
  constructor({ namespace, path }, onState) {
    this.#key = `socket.io dashboard ${path} ${namespace}`;
    this.#onState = onState;
    this.#socket = io(location.origin + namespace, { path, autoConnect: false, forceNew: true, reconnectionDelayMax: 3000 });
    this.#listen();
  }

  /** Connects, with the session of this tab if there is one. */
  start() {
    const sessionId = sessionStorage.getItem(this.#key);
    if (sessionId) this.#connect({ sessionId });
    else this.#connect({});
  }

  /**
   * @param {string} username
   * @param {string} password
   */
  logIn(username, password) {
    this.#connect({ username, password });
  }

  /** Forgets the session and disconnects. */
  logOut() {
    sessionStorage.removeItem(this.#key);
    this.#socket.disconnect();
    this.#socket.auth = { dashboard: 1 };
    this.#become("login", "");
  }

  /** Tries at once instead of waiting for the next attempt. */
  tryNow() {
    this.#socket.disconnect().connect();
  }

  /**
   * Calls the listener with what the server sends.
   *
   * @param {string} event
   * @param {(...args: any[]) => void} listener
   */
  on(event, listener) {
    this.#socket.on(event, listener);
  }

  /**
   * Asks the server; rejects if there is no connection or no answer within 10 s, or if the
   * answer is an error.
   *
   * @param {string} event
   * @param {unknown[]} args
   * @returns {Promise<any>}
   */
  async ask(event, ...args) {
    if (!this.#socket.connected) throw new NotConnected("not connected");
    const answer = await this.#socket.timeout(ANSWER_LIMIT_MS).emitWithAck(event, ...args);
    if (answer?.error) throw new Error(String(answer.error.message ?? answer.error));
    return answer;
  }

  /**
   * Has the server act. Without a connection nothing is done, now or later: what somebody
   * wanted to disconnect may be something else by then.
   *
   * @param {string} event
   * @param {unknown[]} args
   */
  act(event, ...args) {
    if (!this.#socket.connected) throw new NotConnected("not connected");
    this.#socket.emit(event, ...args);
  }

  /** @param {Record<string, string>} credentials */
  #connect(credentials) {
    this.#socket.auth = { ...credentials, dashboard: 1 };
    this.#become("connecting", "");
    this.#socket.connect();
  }

  #listen() {
    const socket = this.#socket;
    socket.on("connect", () => this.#become("online", ""));
    socket.on("session", (/** @type {string} */ sessionId) => {
      sessionStorage.setItem(this.#key, sessionId);
      socket.auth = { sessionId, dashboard: 1 };
    });
    socket.on("connect_error", (/** @type {Error} */ error) => this.#failed(error));
    socket.on("disconnect", (/** @type {string} */ reason) => {
      if (reason === "io client disconnect") return;
      this.#become("lost", reason);
      if (!socket.active) socket.connect(); // the server disconnected it, which the client takes as final
    });
  }

  /** @param {Error} error */
  #failed(error) {
    if (this.#socket.active) return this.#become("lost", error.message); // it will try again
    const had = /** @type {Record<string, unknown>} */ (this.#socket.auth);
    sessionStorage.removeItem(this.#key);
    this.#socket.auth = { dashboard: 1 };
    let why = error.message;
    if (why === "invalid credentials" && had.username === undefined) why = had.sessionId ? "The session has ended." : "";
    this.#become("login", why);
  }

  /**
   * @param {State} state
   * @param {string} why
   */
  #become(state, why) {
    this.state = state;
    this.#onState(state, why);
  }
}
