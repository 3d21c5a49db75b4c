// src/backoff.ts
function backoff(attempt, min, max, jitter) {
  let wait = Math.min(min * 2 ** attempt, max), low = wait * (1 - jitter), high = Math.min(wait * (1 + jitter), max);
  return Math.round(low + Math.random() * (high - low));
}

// src/emitter-core.ts
var Emitter = class {
  constructor() {
    /** A Map, as names of events come from the network and may be "constructor". @internal */
    this.m = /* @__PURE__ */ new Map();
  }
  on(event, listener) {
    return this.m.set(event, [...this.listeners(event), listener]), this;
  }
  once(event, listener) {
    let wrapper = (...args) => {
      this.off(event, wrapper), listener.apply(this, args);
    };
    return wrapper.P = listener, this.on(event, wrapper);
  }
  /** Removes one listener, those of one event, or all of them. */
  off(event, listener) {
    if (listener) {
      let all = this.listeners(event), index = all.findIndex((fn) => fn === listener || fn.P === listener);
      this.m.set(event, all.filter((_, i) => i !== index));
    } else event !== void 0 ? this.m.delete(event) : this.m.clear();
    return this;
  }
  emit(event, ...args) {
    for (let listener of this.listeners(event))
      listener.apply(this, args);
    return this;
  }
  listeners(event) {
    return this.m.get(event) || [];
  }
};

// src/errors.ts
var TransportError = class extends Error {
  /**
   * @param message what failed, or the server's own words where it refused
   * @param description the status of the HTTP response, an event, or an error
   * @param context the HTTP response, with its body as `responseText`
   */
  constructor(message, description, context) {
    super(message);
    this.description = description;
    this.context = context;
    this.type = "TransportError";
  }
};

// src/timers-lite.ts
var timersOf = (_opts) => (action, milliseconds) => {
  let timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};

// src/url.ts
function parseAddress(uri) {
  uri || (uri = "/"), /^(\w+:)?\//.test(uri) || (uri = "//" + uri);
  let { protocol: protocol2, host, search } = new URL(uri, globalThis.location?.href || "https://localhost"), rest = uri.replace(/^(\w+:)?\/\/[^/?#]*/, ""), origin = `${protocol2}//${host}`;
  return {
    source: origin + rest,
    origin,
    path: rest.replace(/[?#].*/, "") || "/",
    query: search.slice(1)
  };
}
function targetOf({ origin }, opts) {
  let path = (opts.path || "/socket.io").replace(/\/$/, "");
  return origin.replace(/^(http|ws)/, "") + path + "/";
}
function queryOf({ query }, opts) {
  return query ? Object.fromEntries(new URLSearchParams(query)) : opts.query;
}

// src/engine-lite.ts
var Engine = class extends Emitter {
  constructor(uri, opts) {
    super();
    this.readyState = "opening";
    this.transport = { name: "websocket", writable: !0 };
    /** After how many milliseconds without a ping the server is lost. @internal */
    this.y = 0;
    /** When the next ping must have come; see the full build. @internal */
    this.E = 1 / 0;
    this.e = timersOf(opts);
    let address = parseAddress(uri), query = new URLSearchParams({ ...queryOf(address, opts), EIO: "4", transport: "websocket" });
    try {
      let ws = this.ws = new (opts.WebSocket || WebSocket)(`ws${targetOf(address, opts)}?${query}`, opts.protocols);
      ws.binaryType = "arraybuffer", ws.onmessage = (event) => this.Q(event.data), ws.onerror = (event) => this.z(event), ws.onclose = (event) => this.a("transport close", { description: "websocket closed", context: event });
    } catch (error) {
      queueMicrotask(() => this.z(error));
    }
  }
  write(data) {
    return this.readyState === "open" && this.ws.send(typeof data == "string" ? 4 + data : data), this;
  }
  close() {
    return this.a("forced close"), this;
  }
  /** @internal */
  Q(data) {
    let isText = typeof data == "string", type = isText ? data[0] : "4";
    type === "4" ? this.emit("data", isText ? data.slice(1) : data) : type === "2" ? (this.ws.send("3"), this.F()) : this.R(type, data.slice(1));
  }
  /** @internal */
  R(type, text) {
    try {
      if (type !== "0") throw type;
      let { sid, pingInterval, pingTimeout } = JSON.parse(text);
      this.id = sid, this.y = pingInterval + pingTimeout;
    } catch {
      return this.z(text);
    }
    this.F(), this.readyState = "open", this.emit("open");
  }
  /** @internal */
  F() {
    this.f?.(), this.E = Date.now() + this.y, this.f = this.e(() => this.a("ping timeout"), this.y);
  }
  /** Whether the server is lost, which nobody has noticed as the machine has slept. @internal */
  S() {
    return Date.now() <= this.E ? !1 : (queueMicrotask(() => this.a("ping timeout")), !0);
  }
  /** @internal */
  z(cause) {
    if (this.readyState === "closed") return;
    let error = new TransportError("websocket error", cause);
    this.emit("error", error), this.a("transport error", error);
  }
  /** @internal */
  a(reason, details) {
    this.readyState !== "closed" && (this.readyState = "closed", this.f?.(), this.ws?.close(), this.emit("close", reason, details));
  }
};

// src/page.ts
function watchPage(events, listener) {
  let target = globalThis, each = (action) => {
    target[action] && !target.skipWaiting && events.forEach((event) => target[action](event, listener));
  };
  return each("addEventListener"), () => each("removeEventListener");
}
var returning = ["online"];

// src/binary.ts
function isBinary(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}

// src/packet.ts
var protocol = 5;
var reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
function isReserved(event) {
  return reserved.includes(event);
}
function isValid(type, data) {
  let isArray = Array.isArray(data);
  switch (type) {
    case 0 /* CONNECT */:
    case 4 /* CONNECT_ERROR */:
      return data === void 0 || typeof data == "object" && !isArray || !!type && typeof data == "string";
    case 1 /* DISCONNECT */:
      return data === void 0;
    case 3 /* ACK */:
    case 6 /* BINARY_ACK */:
      return isArray;
    default:
      return isArray && (typeof data[0] == "number" || typeof data[0] == "string") && !isReserved(data[0]);
  }
}

// src/parser.ts
var Encoder = class {
  encode({ type, nsp, id, data }) {
    let attachments = [];
    function extract(key, value) {
      let original = this[key];
      return isBinary(original) ? { _placeholder: !0, num: attachments.push(original) - 1 } : value;
    }
    let searched = type === 2 /* EVENT */ || type === 3 /* ACK */, json = data === void 0 ? "" : JSON.stringify(data, searched ? extract : void 0);
    return [`${attachments.length ? `${type + 3}${attachments.length}-` : type}${nsp === "/" ? "" : nsp + ","}${id ?? ""}${json}`, ...attachments];
  }
}, line = /^(?:([0-4])|([56])([1-9]\d*)-)(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s, Decoder = class extends Emitter {
  constructor() {
    super(...arguments);
    /** The attachments that have arrived of it. @internal */
    this.u = [];
  }
  add(data) {
    let isLine = typeof data == "string", parts = isLine === !this.c && (isLine ? line.exec(data) : this.c);
    parts || invalid();
    let [, , binary, count] = this.c = parts;
    isLine || this.u.push(data), (!binary || this.u.length === +count) && this.T(parts);
  }
  /** Emits a packet that is complete. @internal */
  T([, plain, binary, , nsp = "/", id, json]) {
    let attachments = this.u;
    this.destroy();
    let type = +(plain || binary), data = json ? JSON.parse(json, binary ? (_, value) => value?._placeholder === !0 ? attachments[value.num] || invalid() : value : void 0) : void 0;
    isValid(type, data) || invalid();
    let packet = { type, nsp, data };
    id && (packet.id = +id), this.emit("decoded", packet);
  }
  /** Forgets what is not complete. */
  destroy() {
    this.c = void 0, this.u = [];
  }
};
function invalid() {
  throw new Error("invalid packet");
}

// src/settings-lite.ts
var Settings = class extends Emitter {
  /** @internal */
  i(name, byDefault) {
    return this.opts[name] ?? byDefault;
  }
};

// src/catchall-lite.ts
var CatchAll = class extends Emitter {
};

// src/socket.ts
var Socket = class extends CatchAll {
  constructor(io2, nsp, _opts = {}) {
    super();
    this.io = io2;
    this.nsp = nsp;
    this.Y = _opts;
    this.connected = !1;
    /** Whether the server has given back the session of before, with what had been missed. */
    this.recovered = !1;
    /** What has arrived before the namespace was joined. */
    this.receiveBuffer = [];
    /** What waits for a connection. */
    this.sendBuffer = [];
    /** @internal */
    this.g = {};
    /** @internal */
    this.W = 0;
    /** Who waits for acknowledgements, by their ids. @internal */
    this.j = /* @__PURE__ */ new Map();
    /** Whether the socket is connected or will be without being told. */
    this.active = !1;
    this.auth = _opts.auth, io2.v && this.connect();
  }
  get disconnected() {
    return !this.connected;
  }
  connect() {
    let { io: io2 } = this;
    return this.active && io2.b === "open" ? this : (this.active = !0, io2.d || io2.open(), io2.b === "open" && this.w(), this);
  }
  open() {
    return this.connect();
  }
  disconnect() {
    let { connected } = this;
    return connected && this.k({ type: 1 /* DISCONNECT */ }), this.B(), connected && this.a("io client disconnect"), this;
  }
  close() {
    return this.disconnect();
  }
  emit(event, ...args) {
    if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
    let flags = this.g;
    this.g = {};
    let data = [event, ...args], packet = { type: 2 /* EVENT */, nsp: this.nsp, data };
    typeof args[args.length - 1] == "function" && (packet.id = this.W++, this.X(packet.id, flags.timeout ?? this.Y.ackTimeout, data.pop()));
    let { engine } = this.io, connected = this.connected && !engine.S(), { volatile } = flags;
    return connected ? this.K(packet) : volatile || this.sendBuffer.push(packet), this;
  }
  /** Sends an event and returns a promise of what it is acknowledged with. */
  emitWithAck(event, ...args) {
    return new Promise((resolve, reject) => {
      let ack = (error, value) => error ? reject(error) : resolve(value);
      ack.o = !0, this.emit(event, ...args, ack);
    });
  }
  /** Sends an event "message". */
  send(...args) {
    return this.emit("message", ...args);
  }
  /** Has the next event sent with or without compression; has no effect in browsers. */
  compress(compress) {
    return this;
  }
  /** Has the next event dropped if it cannot be sent at once. */
  get volatile() {
    return this.g.volatile = !0, this;
  }
  /** Has the acknowledgement of the next event awaited for so many milliseconds; its callback gets an error first. */
  timeout(timeout) {
    return this.g.timeout = timeout, this;
  }
  /** Tells the listeners of this side. @internal */
  l(event, ...args) {
    super.emit(event, ...args);
  }
  /** @internal */
  k(packet) {
    this.io.k({ nsp: this.nsp, ...packet });
  }
  /** @internal */
  K(packet) {
    this.k(packet);
  }
  /** @internal */
  X(id, timeout, ack) {
    let limited = timeout !== void 0, expired = () => {
      this.j.delete(id), this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id), ack.call(this, new Error("operation has timed out"));
    }, stopTimer = limited ? this.io.e(expired, timeout) : void 0, settle = (...args) => {
      stopTimer?.(), ack.apply(this, args);
    };
    settle.o = limited || ack.o, this.j.set(id, settle);
  }
  /** Asks to join the namespace, as soon as there is a connection and it is known as whom. @internal */
  w() {
    let { auth } = this, attempt = this.q = {}, current = () => this.q === attempt, join = (data) => {
      if (!current()) return;
      this.q = void 0;
      let session = this.p && { pid: this.p, offset: this.J };
      this.k({ type: 0 /* CONNECT */, data: session ? { ...session, ...data } : data });
    };
    if (typeof auth != "function") return join(auth);
    (async () => {
      let data = await auth(join);
      data && join(data);
    })().catch((error) => current() && this.L(error));
  }
  /** @internal */
  x(error) {
    this.connected || this.l("connect_error", error);
  }
  /** @internal */
  C({ type, id, data }) {
    switch (type) {
      case 0 /* CONNECT */:
        data?.sid ? this.Z(data.sid, data.pid) : this.l("connect_error", new Error("Socket.IO 2"));
        break;
      case 2 /* EVENT */:
      case 5 /* BINARY_EVENT */:
        this.M(id === void 0 ? data : [...data, this._(id)]);
        break;
      case 3 /* ACK */:
      case 6 /* BINARY_ACK */: {
        let ack = this.j.get(id);
        this.j.delete(id), ack?.apply(this, ack.o ? [null, ...data] : data);
        break;
      }
      case 1 /* DISCONNECT */:
        this.B(), this.a("io server disconnect");
        break;
      case 4 /* CONNECT_ERROR */:
        this.L(Object.assign(new Error(data?.message ?? data), { data: data?.data }));
    }
  }
  /** @internal */
  L(error) {
    this.B(), this.l("connect_error", error);
  }
  /** @internal */
  M(args) {
    if (!this.connected) {
      this.receiveBuffer.push(args);
      return;
    }
    this.l(args[0], ...args.slice(1));
    let last = args[args.length - 1];
    this.p && typeof last == "string" && (this.J = last);
  }
  /** What a listener acknowledges an event with, once, to the connection it has come from. @internal */
  _(id) {
    let sent = !1, { engine } = this.io;
    return (...data) => {
      sent || this.io.engine !== engine || (sent = !0, this.k({ type: 3 /* ACK */, id, data }));
    };
  }
  /** @internal */
  Z(id, pid) {
    this.id = id, this.recovered = !!pid && this.p === pid, this.p = pid, this.connected = !0;
    for (let args of this.receiveBuffer.splice(0)) this.M(args);
    for (let packet of this.sendBuffer.splice(0)) this.K(packet);
    this.l("connect");
  }
  /** @internal */
  a(reason, details) {
    this.connected = !1, this.q = this.id = void 0, this.l("disconnect", reason, details);
    for (let [id, ack] of this.j)
      this.sendBuffer.some((packet) => packet.id === id) || (this.j.delete(id), ack.o && ack.call(this, new Error("socket has been disconnected")));
  }
  /** Makes the socket inactive. @internal */
  B() {
    this.active = !1, this.q = void 0, this.io.$();
  }
};

// src/manager.ts
var Manager = class extends Settings {
  constructor(uri, opts) {
    super();
    /** The sockets of this connection, by the names of their namespaces. */
    this.nsps = {};
    /** @internal */
    this.b = "closed";
    /** How many attempts to reconnect there have been in a row. @internal */
    this.h = 0;
    /** Whether an attempt is waited for or under way. @internal */
    this.d = !1;
    /** Set while nobody wants a connection. @internal */
    this.r = !1;
    typeof uri == "object" ? opts = uri : this.uri = uri, this.opts = opts || (opts = {}), this.e = timersOf(opts);
    let parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder(), this.decoder = new parser.Decoder(), this.decoder.on("decoded", (packet) => {
      let { engine } = this;
      queueMicrotask(() => engine === this.engine && this.b === "open" && this.C(packet));
    }), this.v = opts.autoConnect !== !1, this.v && this.open();
  }
  /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
  open(callback) {
    if (this.b !== "closed") return this;
    this.s();
    let engine = this.engine = new Engine(this.uri, this.opts);
    this.b = "opening", this.r = !1;
    let failed = (error) => {
      this.s(), this.b = "closed", this.x(error);
      let again = this.d || !this.h;
      this.d = !1, callback ? callback(error) : again && this.D();
    }, opening = () => this.b === "opening", listen = (event, listener) => engine.on(event, (...args) => engine === this.engine && this.b !== "closed" && listener(...args));
    listen("open", () => {
      this.w(), callback?.();
    }), listen("error", (error) => opening() ? failed(error) : this.x(error)), listen("close", (reason, details) => opening() ? failed(new Error(reason)) : this.a(reason, details)), listen("data", (data) => this.aa(data));
    let limit = this.i("timeout", 2e4), expired = () => {
      failed(new Error("timeout")), engine.close();
    };
    return limit !== !1 && (this.f = this.e(expired, limit)), this;
  }
  connect(callback) {
    return this.open(callback);
  }
  /** The socket of a namespace; the same one each time. */
  socket(nsp, opts) {
    var _a;
    let socket = (_a = this.nsps)[nsp] || (_a[nsp] = new Socket(this, nsp, opts));
    return this.v && !socket.active && socket.connect(), socket;
  }
  /** @internal */
  w() {
    this.s(), this.b = "open", this.d = !1, this.t((socket) => socket.w()), this.emit("open");
  }
  /** @internal */
  x(error) {
    this.t((socket) => socket.x(error)), this.emit("error", error);
  }
  /** @internal */
  aa(data) {
    try {
      this.decoder.add(data);
    } catch (error) {
      this.a("parse error", error);
    }
  }
  /** @internal */
  C(packet) {
    this.t((socket) => socket.nsp === packet.nsp && socket.C(packet)), this.emit("packet", packet);
  }
  /** @internal */
  t(tell) {
    for (let socket of Object.values(this.nsps))
      socket.active && tell(socket);
  }
  /** @internal */
  s() {
    this.f?.(), this.N?.();
  }
  /** @internal */
  k(packet) {
    for (let part of this.encoder.encode(packet)) this.engine.write(part, packet.options);
  }
  /** Closes the connection if no namespace needs it any more. @internal */
  $() {
    let needed = !1;
    this.t(() => needed = !0), needed || this.disconnect();
  }
  /** Closes the connection, and does not come back. */
  disconnect() {
    this.r = !0, this.d = !1, this.a("forced close");
  }
  /** @internal */
  a(reason, details) {
    this.s(), this.decoder.destroy(), this.h = 0, this.b = "closed", this.engine?.close(), this.t((socket) => socket.a(reason, details)), this.emit("close", reason, details), this.D();
  }
  /** Waits, then tries to connect, and so on until it succeeds or it is time to give up. @internal */
  D() {
    if (!(this.b === "closed" && !this.d) || this.r || !this.i("reconnection", !0)) return;
    if (this.h >= this.i("reconnectionAttempts", 1 / 0)) {
      this.h = 0, this.emit("reconnect_failed");
      return;
    }
    this.d = !0;
    let wait = backoff(
      this.h++,
      this.i("reconnectionDelay", 1e3),
      this.i("reconnectionDelayMax", 5e3),
      this.i("randomizationFactor", 0.5)
    );
    this.f = this.e(() => this.O(), wait), this.N = watchPage(returning, (event) => this.O());
  }
  /** @internal */
  O() {
    this.s();
    let attempt = this.h;
    if (this.r || this.emit("reconnect_attempt", attempt), this.r) {
      this.d = !1;
      return;
    }
    this.open((error) => {
      error ? (this.D(), this.emit("reconnect_error", error)) : (this.h = 0, this.emit("reconnect", attempt));
    });
  }
};

// src/io.ts
var managers = {};
function lookup(uri, opts = {}) {
  if (uri && typeof uri == "object") return lookup("", uri);
  let address = parseAddress(uri), { source, origin, path } = address, key = origin + (opts.path || "/socket.io");
  return (opts.forceNew || opts.multiplex === !1 || !1 || managers[key]?.nsps[path] ? new Manager(source, opts) : managers[key] || (managers[key] = new Manager(source, opts))).socket(path, opts);
}
var io = lookup;
export {
  Manager,
  Socket,
  io as default,
  io,
  protocol
};
//# sourceMappingURL=socket.io.lite.esm.mjs.map
