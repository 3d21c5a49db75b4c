// src/backoff.ts
function backoff(attempt, min, max, jitter) {
  let wait = Math.min(min * 2 ** attempt, max), low = wait * (1 - jitter), high = Math.min(wait * (1 + jitter), max);
  return Math.round(low + Math.random() * (high - low));
}

// src/emitter-core.ts
var Emitter = class {
  constructor() {
    /** A Map, as names of events come from the network and may be "constructor". @internal */
    this.n = /* @__PURE__ */ new Map();
  }
  on(event, listener) {
    return this.n.set(event, [...this.listeners(event), listener]), this;
  }
  once(event, listener) {
    let wrapper = (...args) => {
      this.off(event, wrapper), listener.apply(this, args);
    };
    return wrapper.qa = listener, this.on(event, wrapper);
  }
  /** Removes one listener, those of one event, or all of them. */
  off(event, listener) {
    if (listener) {
      let all = this.listeners(event), index = all.findIndex((fn) => fn === listener || fn.qa === listener);
      this.n.set(event, all.filter((_, i) => i !== index));
    } else event !== void 0 ? this.n.delete(event) : this.n.clear();
    return this;
  }
  emit(event, ...args) {
    for (let listener of this.listeners(event))
      listener.apply(this, args);
    return this;
  }
  listeners(event) {
    return this.n.get(event) || [];
  }
};

// src/emitter.ts
var Emitter2 = class extends Emitter {
  /** Adds a listener in front of the others. @internal */
  V(event, listener) {
    this.n.set(event, [listener, ...this.listeners(event)]);
  }
  hasListeners(event) {
    return this.listeners(event).length > 0;
  }
  addEventListener(event, listener) {
    return this.on(event, listener);
  }
  removeListener(event, listener) {
    return this.off(event, listener);
  }
  removeEventListener(event, listener) {
    return this.off(event, listener);
  }
  removeAllListeners(event) {
    return this.off(event);
  }
};

// src/binary.ts
function isBinary(value) {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value) || value instanceof Blob;
}
function bytesOf(value) {
  return value instanceof ArrayBuffer ? new Uint8Array(value) : new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
}
function toBase64(value) {
  let bytes = bytesOf(value), text = "";
  for (let i = 0; i < bytes.length; i += 8192)
    text += String.fromCharCode(...bytes.subarray(i, i + 8192));
  return btoa(text);
}
function fromBase64(text) {
  return Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
}

// src/engine-packet.ts
var types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
function encodePacket({ type, data }, base64) {
  return data === void 0 || typeof data == "string" ? types.indexOf(type) + (data || "") : base64 ? data instanceof Blob ? data.arrayBuffer().then((buffer) => "b" + toBase64(buffer)) : "b" + toBase64(data) : data;
}
function decodePacket(data) {
  if (typeof data != "string") return { type: "message", data };
  try {
    if (data[0] === "b") return { type: "message", data: fromBase64(data.slice(1)) };
  } catch {
  }
  let type = types[data.charCodeAt(0) - 48];
  return type ? data.length > 1 ? { type, data: data.slice(1) } : { type } : { type: "error", data };
}

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
function responseError(message, response, responseText) {
  let context = Object.assign(response, { responseText });
  try {
    let data = JSON.parse(responseText);
    if (typeof data.message == "string")
      return Object.assign(new TransportError(data.message, response.status, context), { code: data.code, data });
  } catch {
  }
  return new TransportError(message, response.status, context);
}

// src/page.ts
function watchPage(events, listener) {
  let target = globalThis, each = (action) => {
    target[action] && !target.skipWaiting && events.forEach((event) => target[action](event, listener));
  };
  return each("addEventListener"), () => each("removeEventListener");
}
var returning = ["online", "pageshow", "visibilitychange"];
function isReturn(event) {
  return event.type !== "visibilitychange" || document.visibilityState === "visible";
}
var remembered = { websocket: !1 };

// src/transport.ts
var Transport = class extends Emitter2 {
  constructor(opts, query = opts.query) {
    super();
    this.opts = opts;
    this.query = query;
    this.readyState = "opening";
    /** Whether packets may be sent now. */
    this.writable = !1;
  }
  close() {
    this.readyState !== "closed" && (this.z(!0), this.A());
  }
  /** Sends packets; the caller has seen that the transport is writable. @internal */
  d(packets) {
    this.writable = !1, this.I(packets);
  }
  /** The address of the server, with the query of this connection. @internal */
  B(scheme) {
    let { opts, query } = this;
    return (opts.timestampRequests ?? this.name === "polling") && (query[opts.timestampParam || "t"] = Math.random().toString(36).slice(2, 10)), opts.forceBase64 && (query.b64 = 1), `${scheme}${opts.ra}?${new URLSearchParams(query)}`;
  }
  /** @internal */
  J() {
    this.readyState = "open", this.writable = !0, this.emit("open");
  }
  /** @internal */
  K() {
    this.readyState !== "closed" && (this.writable = !0, this.emit("drain"));
  }
  /** @internal */
  r(error) {
    this.readyState !== "closed" && (this.z(!1), this.readyState = "closed", this.emit("error", error));
  }
  /** @internal */
  A(details) {
    this.readyState !== "closed" && (this.readyState = "closed", this.emit("close", details));
  }
};

// src/transport-polling.ts
var separator = "", Polling = class extends Transport {
  constructor() {
    super(...arguments);
    /** Ends the requests that are under way. @internal */
    this.L = new AbortController();
  }
  get name() {
    return "polling";
  }
  /** @internal */
  C() {
    this.M = this.X();
  }
  /** Waits until nothing is under way; then the session may go on over another transport. @internal */
  async sa() {
    this.readyState = "pausing", await Promise.all([this.M, this.W]), this.readyState === "pausing" && (this.readyState = "paused");
  }
  /** Goes on after a pause. @internal */
  ta() {
    this.readyState = "open", this.M = this.X();
  }
  /** @internal */
  async X() {
    do {
      let body = await this.Y("xhr poll error");
      if (body === void 0) return;
      for (let part of body.split(separator)) {
        let packet = decodePacket(part);
        if (this.readyState === "opening" && packet.type === "open" && this.J(), packet.type === "close")
          return await null, this.A({ description: "transport closed by the server" });
        this.emit("packet", packet);
      }
    } while (this.readyState === "open" || this.readyState === "opening");
  }
  /** @internal */
  I(packets) {
    this.W = this.ua(packets);
  }
  /** @internal */
  async ua(packets) {
    let parts = await Promise.all(packets.map((packet) => encodePacket(packet, !0)));
    await this.Y("xhr post error", parts.join(separator)) !== void 0 && this.K();
  }
  /** Returns the body of the answer, or nothing once the transport has failed or is closed. @internal */
  async Y(failure, body) {
    let { requestTimeout, extraHeaders, withCredentials } = this.opts, timer = requestTimeout && setTimeout(() => this.L.abort(), requestTimeout);
    try {
      let response = await fetch(this.B("http"), {
        method: body === void 0 ? "GET" : "POST",
        body,
        headers: extraHeaders,
        credentials: withCredentials ? "include" : "same-origin",
        cache: "no-store",
        signal: this.L.signal
      }), text = await response.text();
      if (!response.ok) this.r(responseError(failure, response, text));
      else if (this.readyState !== "closed") return text;
    } catch (error) {
      this.r(new TransportError(failure, 0, error));
    } finally {
      clearTimeout(timer);
    }
  }
  /** @internal */
  z(inOrder) {
    let abort = () => this.L.abort();
    if (!inOrder || this.readyState === "opening") return abort();
    fetch(this.B("http"), {
      method: "POST",
      body: "1",
      keepalive: !0,
      headers: this.opts.extraHeaders,
      credentials: this.opts.withCredentials ? "include" : "same-origin"
    }).then(abort, abort);
  }
};

// src/transport-websocket.ts
var WebSocketTransport = class extends Transport {
  get name() {
    return "websocket";
  }
  /** @internal */
  C() {
    let { protocols, extraHeaders, WebSocket = globalThis.WebSocket } = this.opts, failed = (cause) => this.r(new TransportError("websocket error", cause));
    try {
      let ws = this.ws = new WebSocket(this.B("ws"), protocols || [], { headers: extraHeaders });
      ws.binaryType = "arraybuffer", ws.onopen = () => this.J(), ws.onmessage = (event) => this.emit("packet", decodePacket(event.data)), ws.onerror = failed, ws.onclose = (event) => this.A({ description: "websocket connection closed", context: event });
    } catch (error) {
      queueMicrotask(() => failed(error));
    }
  }
  /** @internal */
  async I(packets) {
    for (let packet of packets) {
      let data = encodePacket(packet, this.opts.forceBase64);
      data instanceof Promise && (data = await data);
      try {
        this.ws.send(data);
      } catch {
      }
    }
    await null, this.K();
  }
  /** @internal */
  z() {
    let { ws } = this;
    ws && (ws.onmessage = ws.onclose = null, ws.onerror = () => {
    }, ws.close());
  }
};

// src/transport-webtransport.ts
var WebTransportTransport = class extends Transport {
  get name() {
    return "webtransport";
  }
  /** @internal */
  C() {
    this.va().catch((error) => this.r(new TransportError("webtransport error", error)));
  }
  /** @internal */
  async va() {
    let session = this.Z = new globalThis.WebTransport(
      this.B("http").replace(/^http:/, "https:"),
      this.opts.transportOptions?.[this.name]
    ), closed = session.closed.catch(() => {
    });
    await session.ready;
    let stream = await session.createBidirectionalStream();
    this.N = stream.writable.getWriter();
    let { sid } = this.query;
    await this._({ type: "open", data: sid && JSON.stringify({ sid }) }), this.J(), await this.wa(stream.readable.getReader()), await closed, this.A({ description: "webtransport connection closed" });
  }
  /** Cuts what arrives into packets. @internal */
  async wa(reader) {
    let decoder = new TextDecoder(), bytes = new Uint8Array();
    for (; ; ) {
      let { value, done } = await reader.read();
      if (done) return;
      let joined = new Uint8Array(bytes.length + value.length);
      for (joined.set(bytes), joined.set(value, bytes.length), bytes = joined; ; ) {
        let [start, end] = frame(bytes);
        if (end > bytes.length) break;
        let body = bytes.slice(start, end);
        this.emit("packet", decodePacket(bytes[0] & 128 && end > start ? body.buffer : decoder.decode(body))), bytes = bytes.subarray(end);
      }
    }
  }
  /** @internal */
  async I(packets) {
    try {
      for (let packet of packets) await this._(packet);
      this.K();
    } catch (error) {
      this.r(new TransportError("webtransport error", error));
    }
  }
  /** @internal */
  async _(packet) {
    let data = await encodePacket(packet, this.opts.forceBase64), body = await toBytes(data);
    await this.N.write(header(body.length, typeof data != "string")), await this.N.write(body);
  }
  /** @internal */
  z() {
    try {
      this.Z?.close();
    } catch {
    }
  }
};
async function toBytes(data) {
  return typeof data == "string" ? new TextEncoder().encode(data) : bytesOf(data instanceof Blob ? await data.arrayBuffer() : data);
}
function frame(bytes) {
  let size = bytes[0] & 127, start = size < 126 ? 1 : size < 127 ? 3 : 9;
  if (!(bytes.length >= start)) return [0, 1 / 0];
  let view = new DataView(bytes.buffer, bytes.byteOffset), length = size < 126 ? size : size < 127 ? view.getUint16(1) : Number(view.getBigUint64(1));
  return [start, start + length];
}
function header(length, binary) {
  let kind = binary ? 128 : 0;
  if (length < 126) return Uint8Array.of(kind | length);
  let size = length < 65536 ? 3 : 9, view = new DataView(new ArrayBuffer(size));
  return view.setUint8(0, kind | (size < 9 ? 126 : 127)), size < 9 ? view.setUint16(1, length) : view.setBigUint64(1, BigInt(length)), new Uint8Array(view.buffer);
}

// src/upgrade.ts
var headStart = 200;
function upgradeFrom(engine, names) {
  let stops = names.map((name) => {
    let transport = engine.$(name), wait = name === "websocket" && names.includes("webtransport") ? headStart : 0;
    return probe(engine, transport, wait, () => stops.forEach((stop) => stop(transport)));
  });
  return () => stops.forEach((stop) => stop());
}
function probe(engine, transport, wait, won) {
  let over = !1, stopTimer = engine.e(() => transport.C(), wait), stop = (winner) => {
    over || winner === transport || (over = !0, stopTimer(), transport.off().close());
  }, failed = (cause) => {
    over || (stop(), engine.emit("upgradeError", Object.assign(new Error("probe error", { cause }), { transport: transport.name })));
  }, switchOver = async () => {
    won(), engine.upgrading = !0, engine.emit("upgrading", transport);
    let { transport: old } = engine;
    if (old instanceof Polling && await old.sa(), engine.readyState === "closed") return;
    let lost = over;
    over = !0, lost ? old.ta() : (remembered.websocket = transport.name === "websocket", engine.aa(transport.off()), transport.d([{ type: "upgrade" }])), engine.upgrading = !1, lost || engine.emit("upgrade", transport), engine.D();
  };
  return transport.once("open", () => transport.d([{ type: "ping", data: "probe" }])).once("packet", ({ type, data }) => {
    over || (type === "pong" && data === "probe" ? switchOver() : failed(data));
  }).on("error", failed).on("close", failed), stop;
}

// src/transports.ts
var supported = {
  polling: Polling,
  websocket: WebSocketTransport,
  webtransport: WebTransportTransport
};

// src/timers.ts
var first = { setTimeout, clearTimeout };
function timersOf(opts) {
  let { setTimeout: setTimeout2, clearTimeout: clearTimeout2 } = opts.useNativeTimers ? first : globalThis;
  return (action, milliseconds) => {
    let timer = setTimeout2(action, milliseconds);
    return opts.autoUnref && timer.unref?.(), () => clearTimeout2(timer);
  };
}

// src/url.ts
function parseAddress(uri) {
  if (uri || (uri = "/"), uri.length > 8e3) throw new Error("the URI is too long");
  /^(\w+:)?\//.test(uri) || (uri = "//" + uri);
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
  return origin.replace(/^(http|ws)/, "") + path + (opts.addTrailingSlash === !1 ? "" : "/");
}
function queryOf({ query }, opts) {
  return query ? Object.fromEntries(new URLSearchParams(query)) : opts.query;
}

// src/engine.ts
var Engine = class extends Emitter2 {
  constructor(uri, opts) {
    super();
    this.readyState = "opening";
    /** What is not known to be on its way yet. */
    this.writeBuffer = [];
    this.binaryType = "arraybuffer";
    /** The names of the transports that may be used; the first is the one to begin with. */
    this.transports = [];
    /** Whether the session is moving to another transport; nothing is sent meanwhile. */
    this.upgrading = !1;
    /** @internal */
    this.O = {};
    /** How many packets of writeBuffer the transport has been given. @internal */
    this.E = 0;
    /** How long a body may be that is sent, by the server's will. @internal */
    this.ca = 0;
    /** After how many milliseconds without a ping the server is lost. @internal */
    this.P = 0;
    /** When the next ping must have come. Timers stand still while a machine sleeps, the clock does not. @internal */
    this.Q = 1 / 0;
    if (opts.transports && opts.transportImplementations) throw new Error("transports are given twice");
    this.e = timersOf(opts);
    let address = addressOf(uri, opts);
    this.opts = { ...opts, query: queryOf(address, opts) };
    let { protocol: protocol2, hostname, port } = new URL(address.origin);
    this.hostname = hostname, this.secure = /^(https|wss):/.test(protocol2), this.port = port || (this.secure ? "443" : "80");
    for (let transport of opts.transportImplementations || opts.transports || Object.keys(supported)) {
      let known = typeof transport == "string", name = known ? transport : transport.prototype.name;
      this.O[name] = known ? supported[name] : transport, this.O[name] && this.transports.push(name);
    }
    this.s = watchPage(
      [...returning, "offline", "pagehide", ...opts.closeOnBeforeunload ? ["beforeunload"] : []],
      (event) => this.xa(event)
    ), this.da();
  }
  send(data, options, callback) {
    return this.ea("message", data, options, callback);
  }
  write(data, options, callback) {
    return this.send(data, options, callback);
  }
  /** Closes the connection when all that waits has been sent. */
  close() {
    let close = () => this.a("forced close");
    if (this.readyState === "opening" && close(), this.readyState === "open") {
      this.readyState = "closing";
      let settled = () => this.writeBuffer.length ? this.once("drain", close) : close();
      this.upgrading ? this.once("upgrade", settled).once("upgradeError", settled) : settled();
    }
    return this;
  }
  /** Makes a transport for this session. @internal */
  $(name) {
    let { opts, hostname, port, secure, id } = this, own = { ...opts, hostname, port, secure, ...opts.transportOptions?.[name] }, query = { ...opts.query, EIO: 4, transport: name };
    return id && (query.sid = id), new this.O[name]({ ...own, query, ra: targetOf(addressOf(void 0, own), own) });
  }
  /** Opens the first transport, or the next one after it has failed. @internal */
  da() {
    let { opts, transports } = this, name = opts.rememberUpgrade && remembered.websocket && transports.includes("websocket") ? "websocket" : transports[0];
    if (!name) {
      this.e(() => this.f(new TransportError("no transport")), 0);
      return;
    }
    this.aa(this.$(name)), this.transport.C();
  }
  /** Makes a transport the one that is used. @internal */
  aa(transport) {
    this.transport?.off(), this.transport = transport.on("drain", () => this.ya()).on("packet", (packet) => this.t(packet)).on("error", (error) => this.f(error)).on("close", (details) => this.a("transport close", details));
  }
  /** @internal */
  t(packet) {
    if (this.readyState === "closed") return;
    this.emit("packet", packet), this.emit("heartbeat");
    let { type, data } = packet;
    type === "open" ? this.za(data) : type === "ping" ? (this.ea("pong"), this.emit("ping"), this.emit("pong"), this.fa()) : type === "message" ? (this.emit("data", data), this.emit("message", data)) : type === "error" && this.f(notEngineIO(data));
  }
  /** @internal */
  za(text) {
    let handshake;
    try {
      handshake = JSON.parse(text), this.id = this.transport.query.sid = handshake.sid, this.P = handshake.pingInterval + handshake.pingTimeout;
    } catch {
      return this.f(notEngineIO(text));
    }
    this.ca = handshake.maxPayload, this.emit("handshake", handshake), this.fa(), this.readyState = "open", remembered.websocket = this.transport.name === "websocket", this.emit("open"), this.D();
    let upgrades = (handshake.upgrades || []).filter((name) => this.transports.includes(name));
    this.opts.upgrade !== !1 && this.readyState === "open" && (this.ba = upgradeFrom(this, upgrades));
  }
  /** @internal */
  fa() {
    this.l?.(), this.Q = Date.now() + this.P, this.l = this.e(() => this.a("ping timeout"), this.P);
  }
  /** Whether the server is lost, which nobody has noticed as the machine has slept. @internal */
  ga() {
    return Date.now() <= this.Q ? !1 : (this.Q = 1 / 0, queueMicrotask(() => this.a("ping timeout")), !0);
  }
  /** @internal */
  xa(event) {
    event.type === "offline" ? this.hostname !== "localhost" && this.a("transport close", { description: "network connection lost" }) : event.type === "pagehide" ? event.persisted && this.a("transport close", { description: "page hidden" }) : event.type === "beforeunload" ? this.transport.off().close() : isReturn(event) && this.ga();
  }
  /** @internal */
  ea(type, data, options = {}, callback) {
    if (this.readyState === "opening" || this.readyState === "open") {
      let packet = { type, data, options: { compress: options.compress !== !1 } };
      this.emit("packetCreate", packet), this.writeBuffer.push(packet), callback && this.once("flush", callback), this.D();
    }
    return this;
  }
  /** Gives the transport what waits, if it can take it. @internal */
  D() {
    let { transport, writeBuffer } = this;
    if (this.readyState !== "closed" && transport.writable && !this.upgrading && writeBuffer.length) {
      let packets = this.Aa();
      this.E = packets.length, transport.d(packets), this.emit("flush");
    }
  }
  /** The packets that one request may carry: all, or as many as the server takes, one at least. @internal */
  Aa() {
    let { writeBuffer, ca: _maxPayload } = this;
    if (!_maxPayload || this.transport.name !== "polling") return writeBuffer.slice();
    let size = -1, end = writeBuffer.findIndex(({ data = "" }, i) => (size += 2 + (typeof data == "string" ? new TextEncoder().encode(data).length : Math.ceil(sizeOf(data) / 3) * 4), i && size > _maxPayload));
    return writeBuffer.slice(0, end < 0 ? void 0 : end);
  }
  /** @internal */
  ya() {
    this.writeBuffer.splice(0, this.E), this.E = 0, this.writeBuffer.length ? this.D() : this.emit("drain");
  }
  /** @internal */
  f(error) {
    if (this.readyState !== "closed") {
      if (remembered.websocket = !1, this.readyState === "opening" && this.opts.tryAllTransports && this.transports.length > 1)
        return this.transport.off().close(), this.transports = this.transports.filter((name) => name !== this.transport.name), this.da();
      this.emit("error", error), this.a("transport error", error);
    }
  }
  /** @internal */
  a(reason, details) {
    this.readyState !== "closed" && (this.l?.(), this.s(), this.ba?.(), this.transport?.off().close(), this.readyState = "closed", this.id = null, this.emit("close", reason, details), this.writeBuffer = [], this.E = 0);
  }
};
function notEngineIO(text) {
  return Object.assign(new TransportError("server error", String(text).slice(0, 200)), { code: "parser error" });
}
function sizeOf(data) {
  return "size" in data ? data.size : data.byteLength;
}
function addressOf(uri, opts) {
  let host = opts.hostname || opts.host;
  return parseAddress(uri || host && `http${opts.secure ? "s" : ""}://${host}${opts.port ? ":" + opts.port : ""}`);
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
}, line = /^(?:([0-4])|([56])([1-9]\d*)-)(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s, Decoder = class extends Emitter2 {
  constructor() {
    super(...arguments);
    /** The attachments that have arrived of it. @internal */
    this.F = [];
  }
  add(data) {
    let isLine = typeof data == "string", parts = isLine === !this.h && (isLine ? line.exec(data) : this.h);
    parts || invalid();
    let [, , binary, count] = this.h = parts;
    isLine || this.F.push(data), (!binary || this.F.length === +count) && this.Ba(parts);
  }
  /** Emits a packet that is complete. @internal */
  Ba([, plain, binary, , nsp = "/", id, json]) {
    let attachments = this.F;
    this.destroy();
    let type = +(plain || binary), data = json ? JSON.parse(json, binary ? (_, value) => value?._placeholder === !0 ? attachments[value.num] || invalid() : value : void 0) : void 0;
    isValid(type, data) || invalid();
    let packet = { type, nsp, data };
    id && (packet.id = +id), this.emit("decoded", packet);
  }
  /** Forgets what is not complete. */
  destroy() {
    this.h = void 0, this.F = [];
  }
};
function invalid() {
  throw new Error("invalid packet");
}

// src/settings.ts
var Settings = class extends Emitter2 {
  constructor() {
    super(...arguments);
    /** What has been set, which goes before what opts says. @internal */
    this.ha = {};
  }
  reconnection(value) {
    return value === !1 && (this.o = !0), this.b("reconnection", !0, value);
  }
  reconnectionAttempts(value) {
    return this.b("reconnectionAttempts", 1 / 0, value);
  }
  reconnectionDelay(value) {
    return this.b("reconnectionDelay", 1e3, value);
  }
  reconnectionDelayMax(value) {
    return this.b("reconnectionDelayMax", 5e3, value);
  }
  randomizationFactor(value) {
    return this.b("randomizationFactor", 0.5, value);
  }
  timeout(value) {
    return this.b("timeout", 2e4, value);
  }
  /** Reads an option, or sets it for this manager. @internal */
  b(name, byDefault, value) {
    return value === void 0 ? this.ha[name] ?? this.opts[name] ?? byDefault : (this.ha[name] = value, this);
  }
};

// src/catchall.ts
var CatchAll = class extends Emitter2 {
  constructor() {
    super(...arguments);
    /** Who is told of every event, which is called "in" or "out" here. @internal */
    this.g = new Emitter2();
  }
  /** Adds a listener to all events of the server. */
  onAny(listener) {
    return this.g.on("in", listener), this;
  }
  prependAny(listener) {
    return this.g.V("in", listener), this;
  }
  /** Removes such a listener, or all of them. */
  offAny(listener) {
    return this.g.off("in", listener), this;
  }
  listenersAny() {
    return this.g.listeners("in");
  }
  /** Adds a listener to all events that are sent. */
  onAnyOutgoing(listener) {
    return this.g.on("out", listener), this;
  }
  prependAnyOutgoing(listener) {
    return this.g.V("out", listener), this;
  }
  offAnyOutgoing(listener) {
    return this.g.off("out", listener), this;
  }
  listenersAnyOutgoing() {
    return this.g.listeners("out");
  }
  /** @internal */
  ia(direction, args) {
    for (let listener of this.g.listeners(direction)) listener.apply(this, args);
  }
};

// src/retries.ts
var RetryQueue = class {
  constructor(_socket, _retries = 0) {
    this.S = _socket;
    this.ja = _retries;
    this.i = [];
  }
  /** Takes an event, unless it is one of its own or is not to be sent again. */
  Ca(flags, args) {
    if (!this.ja || flags.Da || flags.volatile) return !1;
    let ack = typeof args[args.length - 1] == "function" ? args.pop() : void 0, queued = { Ea: args, j: { ...flags, Da: !0 }, ka: 0, h: !1 }, answered = (error, ...response) => {
      queued === this.i[0] && (queued.h = !1, (!error || queued.ka > this.ja) && (this.i.shift(), ack?.(error, ...response)), this.R());
    };
    return answered.u = !0, args.push(answered), this.i.push(queued), this.R(), !0;
  }
  /** Sends the first one, again only if forced, as after a reconnection. */
  R(force) {
    let [first2] = this.i;
    !first2 || !this.S.connected || first2.h && !force || (first2.h = !0, first2.ka++, this.S.j = first2.j, this.S.emit(...first2.Ea));
  }
};

// src/socket.ts
var Socket = class extends CatchAll {
  constructor(io2, nsp, _opts = {}) {
    super();
    this.io = io2;
    this.nsp = nsp;
    this.Ha = _opts;
    this.connected = !1;
    /** Whether the server has given back the session of before, with what had been missed. */
    this.recovered = !1;
    /** What has arrived before the namespace was joined. */
    this.receiveBuffer = [];
    /** What waits for a connection. */
    this.sendBuffer = [];
    /** @internal */
    this.j = {};
    /** @internal */
    this.Fa = 0;
    /** Who waits for acknowledgements, by their ids. @internal */
    this.p = /* @__PURE__ */ new Map();
    /** Whether the socket is connected or will be without being told. */
    this.active = !1;
    this.auth = _opts.auth, this.i = new RetryQueue(this, _opts.retries), io2.G && this.connect();
  }
  get disconnected() {
    return !this.connected;
  }
  connect() {
    let { io: io2 } = this;
    return this.active && io2.c === "open" ? this : (this.active = !0, io2.k || io2.open(), io2.c === "open" && this.H(), this);
  }
  open() {
    return this.connect();
  }
  disconnect() {
    let { connected } = this;
    return connected && this.d({ type: 1 /* DISCONNECT */ }), this.T(), connected && this.a("io client disconnect"), this;
  }
  close() {
    return this.disconnect();
  }
  emit(event, ...args) {
    if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
    let flags = this.j;
    if (this.j = {}, this.i.Ca(flags, [event, ...args])) return this;
    let data = [event, ...args], packet = { type: 2 /* EVENT */, nsp: this.nsp, data };
    packet.options = { compress: flags.compress !== !1 }, typeof args[args.length - 1] == "function" && (packet.id = this.Fa++, this.Ga(packet.id, flags.timeout ?? this.Ha.ackTimeout, data.pop()));
    let { engine } = this.io, connected = this.connected && !engine.ga(), { volatile } = flags;
    return connected && (!volatile || engine.transport.writable) ? this.ma(packet) : volatile || this.sendBuffer.push(packet), this;
  }
  /** Sends an event and returns a promise of what it is acknowledged with. */
  emitWithAck(event, ...args) {
    return new Promise((resolve, reject) => {
      let ack = (error, value) => error ? reject(error) : resolve(value);
      ack.u = !0, this.emit(event, ...args, ack);
    });
  }
  /** Sends an event "message". */
  send(...args) {
    return this.emit("message", ...args);
  }
  /** Has the next event sent with or without compression; has no effect in browsers. */
  compress(compress) {
    return this.j.compress = compress, this;
  }
  /** Has the next event dropped if it cannot be sent at once. */
  get volatile() {
    return this.j.volatile = !0, this;
  }
  /** Has the acknowledgement of the next event awaited for so many milliseconds; its callback gets an error first. */
  timeout(timeout) {
    return this.j.timeout = timeout, this;
  }
  /** Tells the listeners of this side. @internal */
  q(event, ...args) {
    super.emit(event, ...args);
  }
  /** @internal */
  d(packet) {
    this.io.d({ nsp: this.nsp, ...packet });
  }
  /** @internal */
  ma(packet) {
    this.ia("out", packet.data), this.d(packet);
  }
  /** @internal */
  Ga(id, timeout, ack) {
    let limited = timeout !== void 0, expired = () => {
      this.p.delete(id), this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id), ack.call(this, new Error("operation has timed out"));
    }, stopTimer = limited ? this.io.e(expired, timeout) : void 0, settle = (...args) => {
      stopTimer?.(), ack.apply(this, args);
    };
    settle.u = limited || ack.u, this.p.set(id, settle);
  }
  /** Asks to join the namespace, as soon as there is a connection and it is known as whom. @internal */
  H() {
    let { auth } = this, attempt = this.w = {}, current = () => this.w === attempt, join = (data) => {
      if (!current()) return;
      this.w = void 0;
      let session = this.v && { pid: this.v, offset: this.la };
      this.d({ type: 0 /* CONNECT */, data: session ? { ...session, ...data } : data });
    };
    if (typeof auth != "function") return join(auth);
    (async () => {
      let data = await auth(join);
      data && join(data);
    })().catch((error) => current() && this.na(error));
  }
  /** @internal */
  f(error) {
    this.connected || this.q("connect_error", error);
  }
  /** @internal */
  t({ type, id, data }) {
    switch (type) {
      case 0 /* CONNECT */:
        data?.sid ? this.Ia(data.sid, data.pid) : this.q("connect_error", new Error("the server speaks Socket.IO 2"));
        break;
      case 2 /* EVENT */:
      case 5 /* BINARY_EVENT */:
        this.oa(id === void 0 ? data : [...data, this.Ja(id)]);
        break;
      case 3 /* ACK */:
      case 6 /* BINARY_ACK */: {
        let ack = this.p.get(id);
        this.p.delete(id), ack?.apply(this, ack.u ? [null, ...data] : data);
        break;
      }
      case 1 /* DISCONNECT */:
        this.T(), this.a("io server disconnect");
        break;
      case 4 /* CONNECT_ERROR */:
        this.na(Object.assign(new Error(data?.message ?? data), { data: data?.data }));
    }
  }
  /** @internal */
  na(error) {
    this.T(), this.q("connect_error", error);
  }
  /** @internal */
  oa(args) {
    if (!this.connected) {
      this.receiveBuffer.push(args);
      return;
    }
    this.ia("in", args), this.q(args[0], ...args.slice(1));
    let last = args[args.length - 1];
    this.v && typeof last == "string" && (this.la = last);
  }
  /** What a listener acknowledges an event with, once, to the connection it has come from. @internal */
  Ja(id) {
    let sent = !1, { engine } = this.io;
    return (...data) => {
      sent || this.io.engine !== engine || (sent = !0, this.d({ type: 3 /* ACK */, id, data }));
    };
  }
  /** @internal */
  Ia(id, pid) {
    this.id = id, this.recovered = !!pid && this.v === pid, this.v = pid, this.connected = !0;
    for (let args of this.receiveBuffer.splice(0)) this.oa(args);
    for (let packet of this.sendBuffer.splice(0)) this.ma(packet);
    this.i.R(!0), this.q("connect");
  }
  /** @internal */
  a(reason, details) {
    this.connected = !1, this.w = this.id = void 0, this.q("disconnect", reason, details);
    for (let [id, ack] of this.p)
      this.sendBuffer.some((packet) => packet.id === id) || (this.p.delete(id), ack.u && ack.call(this, new Error("socket has been disconnected")));
  }
  /** Makes the socket inactive. @internal */
  T() {
    this.active = !1, this.w = void 0, this.io.Ka();
  }
};

// src/manager.ts
var Manager = class extends Settings {
  constructor(uri, opts) {
    super();
    /** The sockets of this connection, by the names of their namespaces. */
    this.nsps = {};
    /** @internal */
    this.c = "closed";
    /** How many attempts to reconnect there have been in a row. @internal */
    this.m = 0;
    /** Whether an attempt is waited for or under way. @internal */
    this.k = !1;
    /** Set while nobody wants a connection. @internal */
    this.o = !1;
    typeof uri == "object" ? opts = uri : this.uri = uri, this.opts = opts || (opts = {}), this.e = timersOf(opts);
    let parser = opts.parser || { Encoder, Decoder };
    this.encoder = new parser.Encoder(), this.decoder = new parser.Decoder(), this.decoder.on("decoded", (packet) => {
      let { engine } = this;
      queueMicrotask(() => engine === this.engine && this.c === "open" && this.t(packet));
    }), this.G = opts.autoConnect !== !1, this.G && this.open();
  }
  /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
  open(callback) {
    if (this.c !== "closed") return this;
    this.x();
    let engine = this.engine = new Engine(this.uri, this.opts);
    this.c = "opening", this.o = !1;
    let failed = (error) => {
      this.x(), this.c = "closed", this.f(error);
      let again = this.k || !this.m;
      this.k = !1, callback ? callback(error) : again && this.U();
    }, opening = () => this.c === "opening", listen = (event, listener) => engine.on(event, (...args) => engine === this.engine && this.c !== "closed" && listener(...args));
    listen("open", () => {
      this.H(), callback?.();
    }), listen("error", (error) => opening() ? failed(error) : this.f(error)), listen("close", (reason, details) => opening() ? failed(new Error(reason)) : this.a(reason, details)), listen("ping", () => this.emit("ping")), listen("data", (data) => this.La(data));
    let limit = this.b("timeout", 2e4), expired = () => {
      failed(new Error("timeout")), engine.close();
    };
    return limit !== !1 && (this.l = this.e(expired, limit)), this;
  }
  connect(callback) {
    return this.open(callback);
  }
  /** The socket of a namespace; the same one each time. */
  socket(nsp, opts) {
    var _a;
    let socket = (_a = this.nsps)[nsp] || (_a[nsp] = new Socket(this, nsp, opts));
    return this.G && !socket.active && socket.connect(), socket;
  }
  /** @internal */
  H() {
    this.x(), this.c = "open", this.k = !1, this.y((socket) => socket.H()), this.emit("open");
  }
  /** @internal */
  f(error) {
    this.y((socket) => socket.f(error)), this.emit("error", error);
  }
  /** @internal */
  La(data) {
    try {
      this.decoder.add(data);
    } catch (error) {
      this.a("parse error", error);
    }
  }
  /** @internal */
  t(packet) {
    this.y((socket) => socket.nsp === packet.nsp && socket.t(packet)), this.emit("packet", packet);
  }
  /** @internal */
  y(tell) {
    for (let socket of Object.values(this.nsps))
      socket.active && tell(socket);
  }
  /** @internal */
  x() {
    this.l?.(), this.s?.();
  }
  /** @internal */
  d(packet) {
    for (let part of this.encoder.encode(packet)) this.engine.write(part, packet.options);
  }
  /** Closes the connection if no namespace needs it any more. @internal */
  Ka() {
    let needed = !1;
    this.y(() => needed = !0), needed || this.disconnect();
  }
  /** Closes the connection, and does not come back. */
  disconnect() {
    this.o = !0, this.k = !1, this.a("forced close");
  }
  /** @internal */
  a(reason, details) {
    this.x(), this.decoder.destroy(), this.m = 0, this.c = "closed", this.engine?.close(), this.y((socket) => socket.a(reason, details)), this.emit("close", reason, details), this.U();
  }
  /** Waits, then tries to connect, and so on until it succeeds or it is time to give up. @internal */
  U() {
    if (!(this.c === "closed" && !this.k) || this.o || !this.b("reconnection", !0)) return;
    if (this.m >= this.b("reconnectionAttempts", 1 / 0)) {
      this.m = 0, this.emit("reconnect_failed");
      return;
    }
    this.k = !0;
    let wait = backoff(
      this.m++,
      this.b("reconnectionDelay", 1e3),
      this.b("reconnectionDelayMax", 5e3),
      this.b("randomizationFactor", 0.5)
    );
    this.l = this.e(() => this.pa(), wait), this.s = watchPage(returning, (event) => isReturn(event) && this.pa());
  }
  /** @internal */
  pa() {
    this.x();
    let attempt = this.m;
    if (this.o || this.emit("reconnect_attempt", attempt), this.o) {
      this.k = !1;
      return;
    }
    this.open((error) => {
      error ? (this.U(), this.emit("reconnect_error", error)) : (this.m = 0, this.emit("reconnect", attempt));
    });
  }
};

// src/io.ts
var managers = {};
function lookup(uri, opts = {}) {
  if (uri && typeof uri == "object") return lookup("", uri);
  let address = parseAddress(uri), { source, origin, path } = address, key = origin + (opts.path || "/socket.io"), manager = opts.forceNew || opts.multiplex === !1 || opts["force new connection"] || managers[key]?.nsps[path] ? new Manager(source, opts) : managers[key] || (managers[key] = new Manager(source, opts));
  return opts.query || (opts.query = queryOf(address, opts)), manager.socket(path, opts);
}
var io = /* @__PURE__ */ Object.assign(lookup, { io: lookup, connect: lookup, default: lookup, Manager, Socket, protocol: 5 });
export {
  Polling as Fetch,
  Manager,
  WebSocketTransport as NodeWebSocket,
  Polling as NodeXHR,
  Socket,
  TransportError,
  WebSocketTransport as WebSocket,
  WebTransportTransport as WebTransport,
  Polling as XHR,
  io as connect,
  io as default,
  io,
  protocol
};
//# sourceMappingURL=socket.io.esm.mjs.map
