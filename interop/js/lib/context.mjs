// What a test of the Node part receives: clients of one version that connect
// in one way, closed when the test is over.

import { modes } from "./clients.mjs";
import { next, within } from "./wait.mjs";

let rooms = 0;

export class Context {
  #sockets = [];
  #engines = [];
  #deferred = [];

  /**
   * The fixture is what `target` says: `{base, ours, startFixture}`, see
   * fixture.mjs; `path` is the server of it that sockets connect to by default, and
   * `options` is what each of them is told besides.
   */
  constructor({ target, client, mode, path = "/socket.io/", options = {} }) {
    this.target = target;
    this.path = path;
    this.options = options;
    this.base = target.base;
    this.client = client;
    this.mode = mode;
    this.transports = modes[mode];
  }

  /** Whether the mode's first transport is WebSocket. */
  get webSocketOnly() {
    return this.mode === "websocket";
  }

  /**
   * A socket that is not connecting yet, on a connection of its own. Options:
   * `path`, `nsp` and the client's own; it does not reconnect unless told to.
   */
  open({ base = this.base, path = this.path, nsp = "/", ...options } = {}) {
    const socket = this.client.io(base + nsp, {
      path,
      forceNew: true,
      autoConnect: false,
      reconnection: false,
      reconnectionDelay: 20,
      reconnectionDelayMax: 50,
      transports: this.transports,
      ...this.options,
      ...options,
    });
    this.#sockets.push(socket);
    return socket;
  }

  /** A further namespace on the connection of a socket, not connecting yet. */
  share(socket, nsp, options) {
    const other = socket.io.socket(nsp, options);
    this.#sockets.push(other);
    return other;
  }

  /** A connected socket; in upgrade mode it is on WebSocket already, unless the server offers no upgrade. */
  async connect({ upgrades = true, ...options } = {}) {
    const socket = this.open(options);
    await this.connected(socket);
    if (upgrades) await this.upgraded(socket);
    return socket;
  }

  /** Connects an opened socket; fails with the refusal if the server refuses it. */
  async connected(socket) {
    const outcome = new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("connect_error", (error) => reject(new Error(`connect_error ${error.message}`)));
    });
    socket.connect();
    await within(outcome, `a connection over ${this.mode}`);
  }

  /** In upgrade mode, resolves once the connection moved on to WebSocket. */
  async upgraded(socket) {
    const { engine } = socket.io;
    if (this.mode !== "upgrade" || engine.transport.name === "websocket") return;
    await next(engine, "upgrade");
  }

  /** A bare Engine.IO connection, already opening; resolves once it is open. */
  async openEngine(path, options = {}) {
    const engine = new this.client.Engine(this.base, { path, transports: this.transports, ...options });
    this.#engines.push(engine);
    await next(engine, "open");
    return engine;
  }

  /** Makes a room name that no other test uses. */
  room(name) {
    return `${name}-${++rooms}`;
  }

  /** Has something done when the test is over. */
  defer(action) {
    this.#deferred.push(action);
  }

  async close() {
    for (const socket of this.#sockets) {
      socket.io.reconnection(false);
      socket.offAny?.();
      socket.off();
      socket.disconnect();
      socket.io.engine?.close();
    }
    for (const engine of this.#engines) engine.close();
    for (const action of this.#deferred) await action();
  }
}
