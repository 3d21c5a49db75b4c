// What a check receives: the client under test, the server, and what it needs to bring
// them together. All of it ends with the check.

import { Clock } from "./clock.mjs";
import { Line } from "./line.mjs";
import { page } from "./page.mjs";
import { next, until, within } from "../../../interop/js/lib/wait.mjs";

export const webSocket = { transports: ["websocket"] };
export const polling = { transports: ["polling"] };
export const upgrade = { transports: ["polling", "websocket"] };
/** Reconnects, and soon. */
export const soon = { reconnection: true, reconnectionDelay: 10, reconnectionDelayMax: 20 };

/** A check that the official client is not asked to pass, since ours goes further. */
export const beyond = (check) => Object.assign(check, { beyond: true });

/** A check that our client is not asked to pass; the reason is printed. */
export const differs = (reason, check) => Object.assign(check, { differs: reason });

/** A parser of messages that are no packets of Socket.IO: it lets them be. */
const mute = {
  Encoder: class {
    encode = () => [];
  },
  Decoder: class {
    add() {}
    destroy() {}
    on = () => this;
    off = () => this;
  },
};

export class Check {
  page = page;
  #sockets = new Set();
  #managers = new Set();
  #deferred = [];

  constructor(client, server) {
    this.client = client;
    this.server = server;
  }

  /** A line to the server: of the fixture, or of the suite "socket" or "engine". */
  async line(which = "fixture", host) {
    const line = await Line.to(this.server[which], host);
    this.defer(() => line.close());
    return line;
  }

  /** Calls io with exactly these arguments. */
  io(...args) {
    const socket = this.client.io(...args);
    this.#sockets.add(socket);
    return socket;
  }

  /** Makes a Manager with exactly these arguments. */
  manager(...args) {
    const manager = new this.client.Manager(...args);
    this.#managers.add(manager);
    return manager;
  }

  /** A socket of a connection of its own that is not connecting yet, and would not reconnect. */
  open(place, { nsp = "/", ...options } = {}) {
    const base = typeof place === "string" ? place : place.url;
    return this.io(base + nsp, { forceNew: true, autoConnect: false, reconnection: false, ...options });
  }

  /** A connected socket. */
  async connect(place, options) {
    const socket = this.open(place, options);
    await this.connected(socket);
    return socket;
  }

  /** A connected socket that has moved on to WebSocket. */
  async upgraded(place, options) {
    const socket = this.open(place, options);
    socket.connect();
    const { engine } = socket.io;
    await Promise.all([next(socket, "connect"), next(engine, "upgrade")]);
    return socket;
  }

  /** Connects the socket. */
  async connected(socket) {
    const outcome = new Promise((resolve, reject) => {
      socket.once("connect", resolve);
      socket.once("connect_error", (error) => reject(new Error(`connect_error ${error.message}`)));
    });
    socket.connect();
    await within(outcome, "a connection");
    return socket;
  }

  /** A connection of Engine.IO that is opening, and its manager. */
  engine(place, options = {}) {
    const base = typeof place === "string" ? place : place.url;
    const manager = this.manager(base, { path: "/engine.io/", parser: mute, autoConnect: false, reconnection: false, ...options });
    const opened = new Promise((resolve, reject) => manager.open((error) => (error ? reject(error) : resolve())));
    opened.catch(() => {});
    return { manager, engine: manager.engine, opened };
  }

  /** The same, open, and told "hi" by the server. */
  async openEngine(place, options) {
    const { engine } = this.engine(place, options);
    const greeted = next(engine, "data", (data) => data === "hi");
    await greeted;
    return engine;
  }

  /** Holds the client's timers of at least so many milliseconds. */
  clock(least = 300) {
    const clock = new Clock(this.client.place, least);
    this.defer(() => clock.restore());
    return clock;
  }

  /** Lets the client believe that its page is there, until the check ends. */
  location(href) {
    globalThis.location = new URL(href);
    this.defer(() => delete globalThis.location);
  }

  /** Has Math.random return that, until the check ends. */
  random(value) {
    const { random } = Math;
    Math.random = () => value;
    this.defer(() => (Math.random = random));
  }

  defer(action) {
    this.#deferred.push(action);
  }

  async close() {
    for (const socket of this.#sockets) {
      this.#managers.add(socket.io);
      socket.offAny();
      socket.off();
      socket.disconnect();
    }
    for (const manager of this.#managers) {
      manager.reconnection(false);
      manager.off();
      manager.engine?.close();
    }
    for (const action of this.#deferred.reverse()) await action();
  }
}

/** Resolves with the names of the events that the emitter emits, in order, as they come. */
export function journal(emitter, ...events) {
  const noted = [];
  for (const event of events) emitter.on(event, () => noted.push(event));
  return noted;
}

/** Waits until the list has n entries. */
export const filled = (list, n, what = "entries") => until(`${n} ${what}`, () => list.length >= n);
