(function(g,f){typeof exports=="object"&&typeof module=="object"?module.exports=f():typeof define=="function"&&define.amd?define(f):g.io=f()})(typeof globalThis=="object"?globalThis:self,function(){"use strict";
var client = (() => {
  var __defProp = Object.defineProperty;
  var __getOwnPropDesc = Object.getOwnPropertyDescriptor;
  var __getOwnPropNames = Object.getOwnPropertyNames;
  var __hasOwnProp = Object.prototype.hasOwnProperty;
  var __export = (target, all) => {
    for (var name in all)
      __defProp(target, name, { get: all[name], enumerable: true });
  };
  var __copyProps = (to, from, except, desc) => {
    if (from && typeof from === "object" || typeof from === "function") {
      for (let key of __getOwnPropNames(from))
        if (!__hasOwnProp.call(to, key) && key !== except)
          __defProp(to, key, { get: () => from[key], enumerable: !(desc = __getOwnPropDesc(from, key)) || desc.enumerable });
    }
    return to;
  };
  var __toCommonJS = (mod) => __copyProps(__defProp({}, "__esModule", { value: true }), mod);

  // src/global.ts
  var global_exports = {};
  __export(global_exports, {
    default: () => global_default
  });

  // src/index.ts
  var index_exports = {};
  __export(index_exports, {
    Fetch: () => Polling,
    Manager: () => Manager,
    NodeWebSocket: () => WebSocketTransport,
    NodeXHR: () => Polling,
    Socket: () => Socket,
    TransportError: () => TransportError,
    WebSocket: () => WebSocketTransport,
    WebTransport: () => WebTransportTransport,
    XHR: () => Polling,
    connect: () => io,
    default: () => io,
    io: () => io,
    protocol: () => protocol
  });

  // src/backoff.ts
  function backoff(attempt, min, max, jitter) {
    const wait = Math.min(min * 2 ** attempt, max);
    const low = wait * (1 - jitter);
    const high = Math.min(wait * (1 + jitter), max);
    return Math.round(low + Math.random() * (high - low));
  }

  // src/emitter-core.ts
  var Emitter = class {
    constructor() {
      /** A Map, as names of events come from the network and may be "constructor". @internal */
      this._listeners = /* @__PURE__ */ new Map();
    }
    on(event, listener) {
      this._listeners.set(event, [...this.listeners(event), listener]);
      return this;
    }
    once(event, listener) {
      const wrapper = (...args) => {
        this.off(event, wrapper);
        listener.apply(this, args);
      };
      wrapper._fn = listener;
      return this.on(event, wrapper);
    }
    /** Removes one listener, those of one event, or all of them. */
    off(event, listener) {
      if (listener) {
        const all = this.listeners(event);
        const index = all.findIndex((fn) => fn === listener || fn._fn === listener);
        this._listeners.set(event, all.filter((_, i) => i !== index));
      } else if (event !== void 0) {
        this._listeners.delete(event);
      } else {
        this._listeners.clear();
      }
      return this;
    }
    emit(event, ...args) {
      for (const listener of this.listeners(event)) {
        listener.apply(this, args);
      }
      return this;
    }
    listeners(event) {
      return this._listeners.get(event) || [];
    }
  };

  // src/emitter.ts
  var Emitter2 = class extends Emitter {
    /** Adds a listener in front of the others. @internal */
    _prepend(event, listener) {
      this._listeners.set(event, [listener, ...this.listeners(event)]);
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
    const bytes = bytesOf(value);
    let text = "";
    for (let i = 0; i < bytes.length; i += 8192) {
      text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    }
    return btoa(text);
  }
  function fromBase64(text) {
    return Uint8Array.from(atob(text), (char) => char.charCodeAt(0)).buffer;
  }

  // src/engine-packet.ts
  var types = ["open", "close", "ping", "pong", "message", "upgrade", "noop"];
  function encodePacket({ type, data }, base64) {
    if (data === void 0 || typeof data === "string") {
      return types.indexOf(type) + (data || "");
    }
    if (!base64) return data;
    return data instanceof Blob ? data.arrayBuffer().then((buffer) => "b" + toBase64(buffer)) : "b" + toBase64(data);
  }
  function decodePacket(data) {
    if (typeof data !== "string") return { type: "message", data };
    try {
      if (data[0] === "b") return { type: "message", data: fromBase64(data.slice(1)) };
    } catch {
    }
    const type = types[data.charCodeAt(0) - 48];
    if (!type) return { type: "error", data };
    return data.length > 1 ? { type, data: data.slice(1) } : { type };
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
    const context = Object.assign(response, { responseText });
    try {
      const data = JSON.parse(responseText);
      if (typeof data.message === "string") {
        return Object.assign(new TransportError(data.message, response.status, context), { code: data.code, data });
      }
    } catch {
    }
    return new TransportError(message, response.status, context);
  }

  // src/page.ts
  function watchPage(events, listener) {
    const target = globalThis;
    const each = (action) => {
      if (target[action] && !target.skipWaiting) events.forEach((event) => target[action](event, listener));
    };
    each("addEventListener");
    return () => each("removeEventListener");
  }
  var returning = false ? ["online"] : ["online", "pageshow", "visibilitychange"];
  function isReturn(event) {
    return event.type !== "visibilitychange" || document.visibilityState === "visible";
  }
  var remembered = { websocket: false };

  // src/transport.ts
  var Transport = class extends Emitter2 {
    constructor(opts, query = opts.query) {
      super();
      this.opts = opts;
      this.query = query;
      this.readyState = "opening";
      /** Whether packets may be sent now. */
      this.writable = false;
    }
    close() {
      if (this.readyState !== "closed") {
        this._disconnect(true);
        this._closed();
      }
    }
    /** Sends packets; the caller has seen that the transport is writable. @internal */
    _send(packets) {
      this.writable = false;
      this._write(packets);
    }
    /** The address of the server, with the query of this connection. @internal */
    _uri(scheme) {
      const { opts, query } = this;
      const stamp = opts.timestampRequests ?? this.name === "polling";
      if (stamp) query[opts.timestampParam || "t"] = Math.random().toString(36).slice(2, 10);
      if (opts.forceBase64) query.b64 = 1;
      return `${scheme}${opts._target}?${new URLSearchParams(query)}`;
    }
    /** @internal */
    _opened() {
      this.readyState = "open";
      this.writable = true;
      this.emit("open");
    }
    /** @internal */
    _drained() {
      if (this.readyState !== "closed") {
        this.writable = true;
        this.emit("drain");
      }
    }
    /** @internal */
    _failed(error) {
      if (this.readyState !== "closed") {
        this._disconnect(false);
        this.readyState = "closed";
        this.emit("error", error);
      }
    }
    /** @internal */
    _closed(details) {
      if (this.readyState !== "closed") {
        this.readyState = "closed";
        this.emit("close", details);
      }
    }
  };

  // src/transport-polling.ts
  var separator = "";
  var Polling = class extends Transport {
    constructor() {
      super(...arguments);
      /** Ends the requests that are under way. @internal */
      this._abort = new AbortController();
    }
    get name() {
      return "polling";
    }
    /** @internal */
    _connect() {
      this._reading = this._poll();
    }
    /** Waits until nothing is under way; then the session may go on over another transport. @internal */
    async _pause() {
      this.readyState = "pausing";
      await Promise.all([this._reading, this._writing]);
      if (this.readyState === "pausing") this.readyState = "paused";
    }
    /** Goes on after a pause. @internal */
    _resume() {
      this.readyState = "open";
      this._reading = this._poll();
    }
    /** @internal */
    async _poll() {
      do {
        const body = await this._request("xhr poll error");
        if (body === void 0) return;
        for (const part of body.split(separator)) {
          const packet = decodePacket(part);
          if (this.readyState === "opening" && packet.type === "open") this._opened();
          if (packet.type === "close") {
            await null;
            return this._closed({ description: "transport closed by the server" });
          }
          this.emit("packet", packet);
        }
      } while (this.readyState === "open" || this.readyState === "opening");
    }
    /** @internal */
    _write(packets) {
      this._writing = this._post(packets);
    }
    /** @internal */
    async _post(packets) {
      const parts = await Promise.all(packets.map((packet) => encodePacket(packet, true)));
      if (await this._request("xhr post error", parts.join(separator)) !== void 0) this._drained();
    }
    /** Returns the body of the answer, or nothing once the transport has failed or is closed. @internal */
    async _request(failure, body) {
      const { requestTimeout, extraHeaders, withCredentials } = this.opts;
      const timer = requestTimeout && setTimeout(() => this._abort.abort(), requestTimeout);
      try {
        const response = await fetch(this._uri("http"), {
          method: body === void 0 ? "GET" : "POST",
          body,
          headers: extraHeaders,
          credentials: withCredentials ? "include" : "same-origin",
          cache: "no-store",
          signal: this._abort.signal
        });
        const text = await response.text();
        if (!response.ok) this._failed(responseError(failure, response, text));
        else if (this.readyState !== "closed") return text;
      } catch (error) {
        this._failed(new TransportError(failure, 0, error));
      } finally {
        clearTimeout(timer);
      }
    }
    /** @internal */
    _disconnect(inOrder) {
      const abort = () => this._abort.abort();
      if (!inOrder || this.readyState === "opening") return abort();
      fetch(this._uri("http"), {
        method: "POST",
        body: "1",
        keepalive: true,
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
    _connect() {
      const { protocols, extraHeaders, WebSocket = globalThis.WebSocket } = this.opts;
      const failed = (cause) => this._failed(new TransportError("websocket error", cause));
      try {
        const ws = this.ws = new WebSocket(this._uri("ws"), protocols || [], { headers: extraHeaders });
        ws.binaryType = "arraybuffer";
        ws.onopen = () => this._opened();
        ws.onmessage = (event) => this.emit("packet", decodePacket(event.data));
        ws.onerror = failed;
        ws.onclose = (event) => this._closed({ description: "websocket connection closed", context: event });
      } catch (error) {
        queueMicrotask(() => failed(error));
      }
    }
    /** @internal */
    async _write(packets) {
      for (const packet of packets) {
        let data = encodePacket(packet, this.opts.forceBase64);
        if (data instanceof Promise) data = await data;
        try {
          this.ws.send(data);
        } catch {
        }
      }
      await null;
      this._drained();
    }
    /** @internal */
    _disconnect() {
      const { ws } = this;
      if (ws) {
        ws.onmessage = ws.onclose = null;
        ws.onerror = () => {
        };
        ws.close();
      }
    }
  };

  // src/transport-webtransport.ts
  var WebTransportTransport = class extends Transport {
    get name() {
      return "webtransport";
    }
    /** @internal */
    _connect() {
      this._run().catch((error) => this._failed(new TransportError("webtransport error", error)));
    }
    /** @internal */
    async _run() {
      const session = this._session = new globalThis.WebTransport(
        this._uri("http").replace(/^http:/, "https:"),
        this.opts.transportOptions?.[this.name]
      );
      const closed = session.closed.catch(() => {
      });
      await session.ready;
      const stream = await session.createBidirectionalStream();
      this._writer = stream.writable.getWriter();
      const { sid } = this.query;
      await this._sendOne({ type: "open", data: sid && JSON.stringify({ sid }) });
      this._opened();
      await this._read(stream.readable.getReader());
      await closed;
      this._closed({ description: "webtransport connection closed" });
    }
    /** Cuts what arrives into packets. @internal */
    async _read(reader) {
      const decoder = new TextDecoder();
      let bytes = new Uint8Array();
      for (; ; ) {
        const { value, done } = await reader.read();
        if (done) return;
        const joined = new Uint8Array(bytes.length + value.length);
        joined.set(bytes);
        joined.set(value, bytes.length);
        bytes = joined;
        for (; ; ) {
          const [start, end] = frame(bytes);
          if (end > bytes.length) break;
          const body = bytes.slice(start, end);
          this.emit("packet", decodePacket(bytes[0] & 128 && end > start ? body.buffer : decoder.decode(body)));
          bytes = bytes.subarray(end);
        }
      }
    }
    /** @internal */
    async _write(packets) {
      try {
        for (const packet of packets) await this._sendOne(packet);
        this._drained();
      } catch (error) {
        this._failed(new TransportError("webtransport error", error));
      }
    }
    /** @internal */
    async _sendOne(packet) {
      const data = await encodePacket(packet, this.opts.forceBase64);
      const body = await toBytes(data);
      await this._writer.write(header(body.length, typeof data !== "string"));
      await this._writer.write(body);
    }
    /** @internal */
    _disconnect() {
      try {
        this._session?.close();
      } catch {
      }
    }
  };
  async function toBytes(data) {
    if (typeof data === "string") return new TextEncoder().encode(data);
    return bytesOf(data instanceof Blob ? await data.arrayBuffer() : data);
  }
  function frame(bytes) {
    const size = bytes[0] & 127;
    const start = size < 126 ? 1 : size < 127 ? 3 : 9;
    if (!(bytes.length >= start)) return [0, Infinity];
    const view = new DataView(bytes.buffer, bytes.byteOffset);
    const length = size < 126 ? size : size < 127 ? view.getUint16(1) : Number(view.getBigUint64(1));
    return [start, start + length];
  }
  function header(length, binary) {
    const kind = binary ? 128 : 0;
    if (length < 126) return Uint8Array.of(kind | length);
    const size = length < 65536 ? 3 : 9;
    const view = new DataView(new ArrayBuffer(size));
    view.setUint8(0, kind | (size < 9 ? 126 : 127));
    if (size < 9) view.setUint16(1, length);
    else view.setBigUint64(1, BigInt(length));
    return new Uint8Array(view.buffer);
  }

  // src/upgrade.ts
  var headStart = 200;
  function upgradeFrom(engine, names) {
    const stops = names.map((name) => {
      const transport = engine._create(name);
      const wait = name === "websocket" && names.includes("webtransport") ? headStart : 0;
      return probe(engine, transport, wait, () => stops.forEach((stop) => stop(transport)));
    });
    return () => stops.forEach((stop) => stop());
  }
  function probe(engine, transport, wait, won) {
    let over = false;
    const stopTimer = engine._later(() => transport._connect(), wait);
    const stop = (winner) => {
      if (over || winner === transport) return;
      over = true;
      stopTimer();
      transport.off().close();
    };
    const failed = (cause) => {
      if (over) return;
      stop();
      engine.emit("upgradeError", Object.assign(new Error("probe error", { cause }), { transport: transport.name }));
    };
    const switchOver = async () => {
      won();
      engine.upgrading = true;
      engine.emit("upgrading", transport);
      const { transport: old } = engine;
      if (old instanceof Polling) await old._pause();
      if (engine.readyState === "closed") return;
      const lost = over;
      over = true;
      if (lost) {
        old._resume();
      } else {
        remembered.websocket = transport.name === "websocket";
        engine._use(transport.off());
        transport._send([{ type: "upgrade" }]);
      }
      engine.upgrading = false;
      if (!lost) engine.emit("upgrade", transport);
      engine._flush();
    };
    transport.once("open", () => transport._send([{ type: "ping", data: "probe" }])).once("packet", ({ type, data }) => {
      if (over) return;
      if (type === "pong" && data === "probe") switchOver();
      else failed(data);
    }).on("error", failed).on("close", failed);
    return stop;
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
    const { setTimeout: setTimeout2, clearTimeout: clearTimeout2 } = opts.useNativeTimers ? first : globalThis;
    return (action, milliseconds) => {
      const timer = setTimeout2(action, milliseconds);
      if (opts.autoUnref) timer.unref?.();
      return () => clearTimeout2(timer);
    };
  }

  // src/url.ts
  function parseAddress(uri) {
    uri || (uri = "/");
    if (uri.length > 8e3) throw new Error("the URI is too long");
    if (!/^(\w+:)?\//.test(uri)) uri = "//" + uri;
    const { protocol: protocol2, host, search } = new URL(uri, globalThis.location?.href || "https://localhost");
    const rest = uri.replace(/^(\w+:)?\/\/[^/?#]*/, "");
    const origin = `${protocol2}//${host}`;
    return {
      source: origin + rest,
      origin,
      path: rest.replace(/[?#].*/, "") || "/",
      query: search.slice(1)
    };
  }
  function targetOf({ origin }, opts) {
    const path = (opts.path || "/socket.io").replace(/\/$/, "");
    return origin.replace(/^(http|ws)/, "") + path + (opts.addTrailingSlash === false ? "" : "/");
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
      this.upgrading = false;
      /** @internal */
      this._classes = {};
      /** How many packets of writeBuffer the transport has been given. @internal */
      this._flushed = 0;
      /** How long a body may be that is sent, by the server's will. @internal */
      this._maxPayload = 0;
      /** After how many milliseconds without a ping the server is lost. @internal */
      this._patience = 0;
      /** When the next ping must have come. Timers stand still while a machine sleeps, the clock does not. @internal */
      this._pingDeadline = Infinity;
      if (opts.transports && opts.transportImplementations) throw new Error("transports are given twice");
      this._later = timersOf(opts);
      const address = addressOf(uri, opts);
      this.opts = { ...opts, query: queryOf(address, opts) };
      const { protocol: protocol2, hostname, port } = new URL(address.origin);
      this.hostname = hostname;
      this.secure = /^(https|wss):/.test(protocol2);
      this.port = port || (this.secure ? "443" : "80");
      for (const transport of opts.transportImplementations || opts.transports || Object.keys(supported)) {
        const known = typeof transport === "string";
        const name = known ? transport : transport.prototype.name;
        this._classes[name] = known ? supported[name] : transport;
        if (this._classes[name]) this.transports.push(name);
      }
      this._unwatch = watchPage(
        [...returning, "offline", "pagehide", ...opts.closeOnBeforeunload ? ["beforeunload"] : []],
        (event) => this._onPage(event)
      );
      this._open();
    }
    send(data, options, callback) {
      return this._sendPacket("message", data, options, callback);
    }
    write(data, options, callback) {
      return this.send(data, options, callback);
    }
    /** Closes the connection when all that waits has been sent. */
    close() {
      const close = () => this._onClose("forced close");
      if (this.readyState === "opening") close();
      if (this.readyState === "open") {
        this.readyState = "closing";
        const settled = () => this.writeBuffer.length ? this.once("drain", close) : close();
        if (this.upgrading) this.once("upgrade", settled).once("upgradeError", settled);
        else settled();
      }
      return this;
    }
    /** Makes a transport for this session. @internal */
    _create(name) {
      const { opts, hostname, port, secure, id } = this;
      const own = { ...opts, hostname, port, secure, ...opts.transportOptions?.[name] };
      const query = { ...opts.query, EIO: 4, transport: name };
      if (id) query.sid = id;
      return new this._classes[name]({ ...own, query, _target: targetOf(addressOf(void 0, own), own) });
    }
    /** Opens the first transport, or the next one after it has failed. @internal */
    _open() {
      const { opts, transports } = this;
      const again = opts.rememberUpgrade && remembered.websocket && transports.includes("websocket");
      const name = again ? "websocket" : transports[0];
      if (!name) {
        this._later(() => this._onError(new TransportError("no transport")), 0);
        return;
      }
      this._use(this._create(name));
      this.transport._connect();
    }
    /** Makes a transport the one that is used. @internal */
    _use(transport) {
      this.transport?.off();
      this.transport = transport.on("drain", () => this._onDrain()).on("packet", (packet) => this._onPacket(packet)).on("error", (error) => this._onError(error)).on("close", (details) => this._onClose("transport close", details));
    }
    /** @internal */
    _onPacket(packet) {
      if (this.readyState === "closed") return;
      this.emit("packet", packet);
      this.emit("heartbeat");
      const { type, data } = packet;
      if (type === "open") {
        this._onHandshake(data);
      } else if (type === "ping") {
        this._sendPacket("pong");
        this.emit("ping");
        this.emit("pong");
        this._expectPing();
      } else if (type === "message") {
        this.emit("data", data);
        this.emit("message", data);
      } else if (type === "error") {
        this._onError(notEngineIO(data));
      }
    }
    /** @internal */
    _onHandshake(text) {
      let handshake;
      try {
        handshake = JSON.parse(text);
        this.id = this.transport.query.sid = handshake.sid;
        this._patience = handshake.pingInterval + handshake.pingTimeout;
      } catch {
        return this._onError(notEngineIO(text));
      }
      this._maxPayload = handshake.maxPayload;
      this.emit("handshake", handshake);
      this._expectPing();
      this.readyState = "open";
      remembered.websocket = this.transport.name === "websocket";
      this.emit("open");
      this._flush();
      const upgrades = (handshake.upgrades || []).filter((name) => this.transports.includes(name));
      if (this.opts.upgrade !== false && this.readyState === "open") {
        this._stopUpgrade = upgradeFrom(this, upgrades);
      }
    }
    /** @internal */
    _expectPing() {
      this._stopTimer?.();
      this._pingDeadline = Date.now() + this._patience;
      this._stopTimer = this._later(() => this._onClose("ping timeout"), this._patience);
    }
    /** Whether the server is lost, which nobody has noticed as the machine has slept. @internal */
    _expired() {
      if (Date.now() <= this._pingDeadline) return false;
      this._pingDeadline = Infinity;
      queueMicrotask(() => this._onClose("ping timeout"));
      return true;
    }
    /** @internal */
    _onPage(event) {
      if (event.type === "offline") {
        if (this.hostname !== "localhost") this._onClose("transport close", { description: "network connection lost" });
      } else if (event.type === "pagehide") {
        if (event.persisted) this._onClose("transport close", { description: "page hidden" });
      } else if (event.type === "beforeunload") {
        this.transport.off().close();
      } else if (isReturn(event)) {
        this._expired();
      }
    }
    /** @internal */
    _sendPacket(type, data, options = {}, callback) {
      if (this.readyState === "opening" || this.readyState === "open") {
        const packet = { type, data, options: { compress: options.compress !== false } };
        this.emit("packetCreate", packet);
        this.writeBuffer.push(packet);
        if (callback) this.once("flush", callback);
        this._flush();
      }
      return this;
    }
    /** Gives the transport what waits, if it can take it. @internal */
    _flush() {
      const { transport, writeBuffer } = this;
      if (this.readyState !== "closed" && transport.writable && !this.upgrading && writeBuffer.length) {
        const packets = this._batch();
        this._flushed = packets.length;
        transport._send(packets);
        this.emit("flush");
      }
    }
    /** The packets that one request may carry: all, or as many as the server takes, one at least. @internal */
    _batch() {
      const { writeBuffer, _maxPayload } = this;
      if (!_maxPayload || this.transport.name !== "polling") return writeBuffer.slice();
      let size = -1;
      const end = writeBuffer.findIndex(({ data = "" }, i) => {
        size += 2 + (typeof data === "string" ? new TextEncoder().encode(data).length : Math.ceil(sizeOf(data) / 3) * 4);
        return i && size > _maxPayload;
      });
      return writeBuffer.slice(0, end < 0 ? void 0 : end);
    }
    /** @internal */
    _onDrain() {
      this.writeBuffer.splice(0, this._flushed);
      this._flushed = 0;
      if (this.writeBuffer.length) this._flush();
      else this.emit("drain");
    }
    /** @internal */
    _onError(error) {
      if (this.readyState === "closed") return;
      remembered.websocket = false;
      if (this.readyState === "opening" && this.opts.tryAllTransports && this.transports.length > 1) {
        this.transport.off().close();
        this.transports = this.transports.filter((name) => name !== this.transport.name);
        return this._open();
      }
      this.emit("error", error);
      this._onClose("transport error", error);
    }
    /** @internal */
    _onClose(reason, details) {
      if (this.readyState === "closed") return;
      this._stopTimer?.();
      this._unwatch();
      this._stopUpgrade?.();
      this.transport?.off().close();
      this.readyState = "closed";
      this.id = null;
      this.emit("close", reason, details);
      this.writeBuffer = [];
      this._flushed = 0;
    }
  };
  function notEngineIO(text) {
    return Object.assign(new TransportError("server error", String(text).slice(0, 200)), { code: "parser error" });
  }
  function sizeOf(data) {
    return "size" in data ? data.size : data.byteLength;
  }
  function addressOf(uri, opts) {
    const host = opts.hostname || opts.host;
    return parseAddress(uri || host && `http${opts.secure ? "s" : ""}://${host}${opts.port ? ":" + opts.port : ""}`);
  }

  // src/packet.ts
  var protocol = 5;
  var reserved = ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"];
  function isReserved(event) {
    return reserved.includes(event);
  }
  function isValid(type, data) {
    const isArray = Array.isArray(data);
    switch (type) {
      case 0 /* CONNECT */:
      case 4 /* CONNECT_ERROR */:
        return data === void 0 || typeof data === "object" && !isArray || !!type && typeof data === "string";
      case 1 /* DISCONNECT */:
        return data === void 0;
      case 3 /* ACK */:
      case 6 /* BINARY_ACK */:
        return isArray;
      default:
        return isArray && (typeof data[0] === "number" || typeof data[0] === "string") && !isReserved(data[0]);
    }
  }

  // src/parser.ts
  var Encoder = class {
    encode({ type, nsp, id, data }) {
      const attachments = [];
      function extract(key, value) {
        const original = this[key];
        return isBinary(original) ? { "_placeholder": true, num: attachments.push(original) - 1 } : value;
      }
      const searched = type === 2 /* EVENT */ || type === 3 /* ACK */;
      const json = data === void 0 ? "" : JSON.stringify(data, searched ? extract : void 0);
      const count = attachments.length ? `${type + 3}${attachments.length}-` : type;
      return [`${count}${nsp === "/" ? "" : nsp + ","}${id ?? ""}${json}`, ...attachments];
    }
  };
  var line = /^(?:([0-4])|([56])([1-9]\d*)-)(?:(\/[^,]*)(?:,|$))?(\d*)(.*)$/s;
  var Decoder = class extends Emitter2 {
    constructor() {
      super(...arguments);
      /** The attachments that have arrived of it. @internal */
      this._attachments = [];
    }
    add(data) {
      const isLine = typeof data === "string";
      const parts = isLine === !this._pending && (isLine ? line.exec(data) : this._pending);
      if (!parts) invalid();
      const [, , binary, count] = this._pending = parts;
      if (!isLine) this._attachments.push(data);
      if (!binary || this._attachments.length === +count) this._finish(parts);
    }
    /** Emits a packet that is complete. @internal */
    _finish([, plain, binary, , nsp = "/", id, json]) {
      const attachments = this._attachments;
      this.destroy();
      const type = +(plain || binary);
      const restore = (_, value) => value?.["_placeholder"] === true ? attachments[value.num] || invalid() : value;
      const data = json ? JSON.parse(json, binary ? restore : void 0) : void 0;
      if (!isValid(type, data)) invalid();
      const packet = { type, nsp, data };
      if (id) packet.id = +id;
      this.emit("decoded", packet);
    }
    /** Forgets what is not complete. */
    destroy() {
      this._pending = void 0;
      this._attachments = [];
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
      this._settings = {};
    }
    reconnection(value) {
      if (value === false) this._unwanted = true;
      return this._setting("reconnection", true, value);
    }
    reconnectionAttempts(value) {
      return this._setting("reconnectionAttempts", Infinity, value);
    }
    reconnectionDelay(value) {
      return this._setting("reconnectionDelay", 1e3, value);
    }
    reconnectionDelayMax(value) {
      return this._setting("reconnectionDelayMax", 5e3, value);
    }
    randomizationFactor(value) {
      return this._setting("randomizationFactor", 0.5, value);
    }
    timeout(value) {
      return this._setting("timeout", 2e4, value);
    }
    /** Reads an option, or sets it for this manager. @internal */
    _setting(name, byDefault, value) {
      if (value === void 0) return this._settings[name] ?? this.opts[name] ?? byDefault;
      this._settings[name] = value;
      return this;
    }
  };

  // src/catchall.ts
  var CatchAll = class extends Emitter2 {
    constructor() {
      super(...arguments);
      /** Who is told of every event, which is called "in" or "out" here. @internal */
      this._any = new Emitter2();
    }
    /** Adds a listener to all events of the server. */
    onAny(listener) {
      this._any.on("in", listener);
      return this;
    }
    prependAny(listener) {
      this._any._prepend("in", listener);
      return this;
    }
    /** Removes such a listener, or all of them. */
    offAny(listener) {
      this._any.off("in", listener);
      return this;
    }
    listenersAny() {
      return this._any.listeners("in");
    }
    /** Adds a listener to all events that are sent. */
    onAnyOutgoing(listener) {
      this._any.on("out", listener);
      return this;
    }
    prependAnyOutgoing(listener) {
      this._any._prepend("out", listener);
      return this;
    }
    offAnyOutgoing(listener) {
      this._any.off("out", listener);
      return this;
    }
    listenersAnyOutgoing() {
      return this._any.listeners("out");
    }
    /** @internal */
    _tellAny(direction, args) {
      for (const listener of this._any.listeners(direction)) listener.apply(this, args);
    }
  };

  // src/retries.ts
  var RetryQueue = class {
    constructor(_socket, _retries = 0) {
      this._socket = _socket;
      this._retries = _retries;
      this._queue = [];
    }
    /** Takes an event, unless it is one of its own or is not to be sent again. */
    _takes(flags, args) {
      if (!this._retries || flags._queued || flags.volatile) return false;
      const last = args[args.length - 1];
      const ack = typeof last === "function" ? args.pop() : void 0;
      const queued = { _args: args, _flags: { ...flags, _queued: true }, _tries: 0, _pending: false };
      const answered = (error, ...response) => {
        if (queued !== this._queue[0]) return;
        queued._pending = false;
        if (!error || queued._tries > this._retries) {
          this._queue.shift();
          ack?.(error, ...response);
        }
        this._next();
      };
      answered._withError = true;
      args.push(answered);
      this._queue.push(queued);
      this._next();
      return true;
    }
    /** Sends the first one, again only if forced, as after a reconnection. */
    _next(force) {
      const [first2] = this._queue;
      if (!first2 || !this._socket.connected || first2._pending && !force) return;
      first2._pending = true;
      first2._tries++;
      this._socket._flags = first2._flags;
      this._socket.emit(...first2._args);
    }
  };

  // src/socket.ts
  var Socket = class extends CatchAll {
    constructor(io2, nsp, _opts = {}) {
      super();
      this.io = io2;
      this.nsp = nsp;
      this._opts = _opts;
      this.connected = false;
      /** Whether the server has given back the session of before, with what had been missed. */
      this.recovered = false;
      /** What has arrived before the namespace was joined. */
      this.receiveBuffer = [];
      /** What waits for a connection. */
      this.sendBuffer = [];
      /** @internal */
      this._flags = {};
      /** @internal */
      this._nextId = 0;
      /** Who waits for acknowledgements, by their ids. @internal */
      this._acks = /* @__PURE__ */ new Map();
      /** Whether the socket is connected or will be without being told. */
      this.active = false;
      this.auth = _opts.auth;
      if (true) this._queue = new RetryQueue(this, _opts.retries);
      if (io2._autoConnect) this.connect();
    }
    get disconnected() {
      return !this.connected;
    }
    connect() {
      const { io: io2 } = this;
      if (this.active && io2._readyState === "open") return this;
      this.active = true;
      if (!io2._reconnecting) io2.open();
      if (io2._readyState === "open") this._onOpen();
      return this;
    }
    open() {
      return this.connect();
    }
    disconnect() {
      const { connected } = this;
      if (connected) this._send({ type: 1 /* DISCONNECT */ });
      this._destroy();
      if (connected) this._onClose("io client disconnect");
      return this;
    }
    close() {
      return this.disconnect();
    }
    emit(event, ...args) {
      if (isReserved(event)) throw new Error(`"${event}" is a reserved event name`);
      const flags = this._flags;
      this._flags = {};
      if (true) {
        if (this._queue._takes(flags, [event, ...args])) return this;
      }
      const data = [event, ...args];
      const packet = { type: 2 /* EVENT */, nsp: this.nsp, data };
      if (true) packet.options = { compress: flags.compress !== false };
      if (typeof args[args.length - 1] === "function") {
        packet.id = this._nextId++;
        this._awaitAck(packet.id, flags.timeout ?? this._opts.ackTimeout, data.pop());
      }
      const { engine } = this.io;
      const connected = this.connected && !engine._expired();
      const { volatile } = flags;
      if (connected && (!volatile || engine.transport.writable)) this._sendEvent(packet);
      else if (!volatile) this.sendBuffer.push(packet);
      return this;
    }
    /** Sends an event and returns a promise of what it is acknowledged with. */
    emitWithAck(event, ...args) {
      return new Promise((resolve, reject) => {
        const ack = (error, value) => error ? reject(error) : resolve(value);
        ack._withError = true;
        this.emit(event, ...[...args, ack]);
      });
    }
    /** Sends an event "message". */
    send(...args) {
      return this.emit("message", ...args);
    }
    /** Has the next event sent with or without compression; has no effect in browsers. */
    compress(compress) {
      if (true) this._flags.compress = compress;
      return this;
    }
    /** Has the next event dropped if it cannot be sent at once. */
    get volatile() {
      this._flags.volatile = true;
      return this;
    }
    /** Has the acknowledgement of the next event awaited for so many milliseconds; its callback gets an error first. */
    timeout(timeout) {
      this._flags.timeout = timeout;
      return this;
    }
    /** Tells the listeners of this side. @internal */
    _emitLocally(event, ...args) {
      super.emit(event, ...args);
    }
    /** @internal */
    _send(packet) {
      this.io._send({ nsp: this.nsp, ...packet });
    }
    /** @internal */
    _sendEvent(packet) {
      if (true) this._tellAny("out", packet.data);
      this._send(packet);
    }
    /** @internal */
    _awaitAck(id, timeout, ack) {
      const limited = timeout !== void 0;
      const expired = () => {
        this._acks.delete(id);
        this.sendBuffer = this.sendBuffer.filter((packet) => packet.id !== id);
        ack.call(this, new Error("operation has timed out"));
      };
      const stopTimer = limited ? this.io._later(expired, timeout) : void 0;
      const settle = (...args) => {
        stopTimer?.();
        ack.apply(this, args);
      };
      settle._withError = limited || ack._withError;
      this._acks.set(id, settle);
    }
    /** Asks to join the namespace, as soon as there is a connection and it is known as whom. @internal */
    _onOpen() {
      const { auth } = this;
      const attempt = this._attempt = {};
      const current = () => this._attempt === attempt;
      const join = (data) => {
        if (!current()) return;
        this._attempt = void 0;
        const session = this._pid && { pid: this._pid, offset: this._offset };
        this._send({ type: 0 /* CONNECT */, data: session ? { ...session, ...data } : data });
      };
      if (typeof auth !== "function") return join(auth);
      const asked = async () => {
        const data = await auth(join);
        if (data) join(data);
      };
      asked().catch((error) => current() && this._refused(error));
    }
    /** @internal */
    _onError(error) {
      if (!this.connected) this._emitLocally("connect_error", error);
    }
    /** @internal */
    _onPacket({ type, id, data }) {
      switch (type) {
        case 0 /* CONNECT */:
          if (data?.sid) this._onConnect(data.sid, data.pid);
          else this._emitLocally("connect_error", new Error(false ? "Socket.IO 2" : "the server speaks Socket.IO 2"));
          break;
        case 2 /* EVENT */:
        case 5 /* BINARY_EVENT */:
          this._onEvent(id === void 0 ? data : [...data, this._acknowledge(id)]);
          break;
        case 3 /* ACK */:
        case 6 /* BINARY_ACK */: {
          const ack = this._acks.get(id);
          this._acks.delete(id);
          ack?.apply(this, ack._withError ? [null, ...data] : data);
          break;
        }
        case 1 /* DISCONNECT */:
          this._destroy();
          this._onClose("io server disconnect");
          break;
        case 4 /* CONNECT_ERROR */:
          this._refused(Object.assign(new Error(data?.message ?? data), { data: data?.data }));
      }
    }
    /** @internal */
    _refused(error) {
      this._destroy();
      this._emitLocally("connect_error", error);
    }
    /** @internal */
    _onEvent(args) {
      if (!this.connected) {
        this.receiveBuffer.push(args);
        return;
      }
      if (true) this._tellAny("in", args);
      this._emitLocally(args[0], ...args.slice(1));
      const last = args[args.length - 1];
      if (this._pid && typeof last === "string") this._offset = last;
    }
    /** What a listener acknowledges an event with, once, to the connection it has come from. @internal */
    _acknowledge(id) {
      let sent = false;
      const { engine } = this.io;
      return (...data) => {
        if (sent || this.io.engine !== engine) return;
        sent = true;
        this._send({ type: 3 /* ACK */, id, data });
      };
    }
    /** @internal */
    _onConnect(id, pid) {
      this.id = id;
      this.recovered = !!pid && this._pid === pid;
      this._pid = pid;
      this.connected = true;
      for (const args of this.receiveBuffer.splice(0)) this._onEvent(args);
      for (const packet of this.sendBuffer.splice(0)) this._sendEvent(packet);
      if (true) this._queue._next(true);
      this._emitLocally("connect");
    }
    /** @internal */
    _onClose(reason, details) {
      this.connected = false;
      this._attempt = this.id = void 0;
      this._emitLocally("disconnect", reason, details);
      for (const [id, ack] of this._acks) {
        if (this.sendBuffer.some((packet) => packet.id === id)) continue;
        this._acks.delete(id);
        if (ack._withError) ack.call(this, new Error("socket has been disconnected"));
      }
    }
    /** Makes the socket inactive. @internal */
    _destroy() {
      this.active = false;
      this._attempt = void 0;
      this.io._release();
    }
  };

  // src/manager.ts
  var Manager = class extends Settings {
    constructor(uri, opts) {
      super();
      /** The sockets of this connection, by the names of their namespaces. */
      this.nsps = {};
      /** @internal */
      this._readyState = "closed";
      /** How many attempts to reconnect there have been in a row. @internal */
      this._attempts = 0;
      /** Whether an attempt is waited for or under way. @internal */
      this._reconnecting = false;
      /** Set while nobody wants a connection. @internal */
      this._unwanted = false;
      if (typeof uri === "object") opts = uri;
      else this.uri = uri;
      this.opts = opts || (opts = {});
      this._later = timersOf(opts);
      const parser = opts.parser || { Encoder, Decoder };
      this.encoder = new parser.Encoder();
      this.decoder = new parser.Decoder();
      this.decoder.on("decoded", (packet) => {
        const { engine } = this;
        queueMicrotask(() => engine === this.engine && this._readyState === "open" && this._onPacket(packet));
      });
      this._autoConnect = opts.autoConnect !== false;
      if (this._autoConnect) this.open();
    }
    /** Connects, unless that is done or under way. With a callback, the caller sees to further attempts. */
    open(callback) {
      if (this._readyState !== "closed") return this;
      this._stopWaiting();
      const engine = this.engine = new Engine(this.uri, this.opts);
      this._readyState = "opening";
      this._unwanted = false;
      const failed = (error) => {
        this._stopWaiting();
        this._readyState = "closed";
        this._onError(error);
        const again = this._reconnecting || !this._attempts;
        this._reconnecting = false;
        if (callback) callback(error);
        else if (again) this._reconnect();
      };
      const opening = () => this._readyState === "opening";
      const listen = (event, listener) => engine.on(event, (...args) => engine === this.engine && this._readyState !== "closed" && listener(...args));
      listen("open", () => {
        this._onOpen();
        callback?.();
      });
      listen("error", (error) => opening() ? failed(error) : this._onError(error));
      listen("close", (reason, details) => opening() ? failed(new Error(reason)) : this._onClose(reason, details));
      if (true) listen("ping", () => this.emit("ping"));
      listen("data", (data) => this._onData(data));
      const limit = this._setting("timeout", 2e4);
      const expired = () => {
        failed(new Error("timeout"));
        engine.close();
      };
      if (limit !== false) this._stopTimer = this._later(expired, limit);
      return this;
    }
    connect(callback) {
      return this.open(callback);
    }
    /** The socket of a namespace; the same one each time. */
    socket(nsp, opts) {
      var _a;
      const socket = (_a = this.nsps)[nsp] || (_a[nsp] = new Socket(this, nsp, opts));
      if (this._autoConnect && !socket.active) socket.connect();
      return socket;
    }
    /** @internal */
    _onOpen() {
      this._stopWaiting();
      this._readyState = "open";
      this._reconnecting = false;
      this._tell((socket) => socket._onOpen());
      this.emit("open");
    }
    /** @internal */
    _onError(error) {
      this._tell((socket) => socket._onError(error));
      this.emit("error", error);
    }
    /** @internal */
    _onData(data) {
      try {
        this.decoder.add(data);
      } catch (error) {
        this._onClose("parse error", error);
      }
    }
    /** @internal */
    _onPacket(packet) {
      this._tell((socket) => socket.nsp === packet.nsp && socket._onPacket(packet));
      this.emit("packet", packet);
    }
    /** @internal */
    _tell(tell) {
      for (const socket of Object.values(this.nsps)) {
        if (socket.active) tell(socket);
      }
    }
    /** @internal */
    _stopWaiting() {
      this._stopTimer?.();
      this._unwatch?.();
    }
    /** @internal */
    _send(packet) {
      for (const part of this.encoder.encode(packet)) this.engine.write(part, packet.options);
    }
    /** Closes the connection if no namespace needs it any more. @internal */
    _release() {
      let needed = false;
      this._tell(() => needed = true);
      if (!needed) this.disconnect();
    }
    /** Closes the connection, and does not come back. */
    disconnect() {
      this._unwanted = true;
      this._reconnecting = false;
      this._onClose("forced close");
    }
    /** @internal */
    _onClose(reason, details) {
      this._stopWaiting();
      this.decoder.destroy();
      this._attempts = 0;
      this._readyState = "closed";
      this.engine?.close();
      this._tell((socket) => socket._onClose(reason, details));
      this.emit("close", reason, details);
      this._reconnect();
    }
    /** Waits, then tries to connect, and so on until it succeeds or it is time to give up. @internal */
    _reconnect() {
      const idle = this._readyState === "closed" && !this._reconnecting;
      if (!idle || this._unwanted || !this._setting("reconnection", true)) return;
      if (this._attempts >= this._setting("reconnectionAttempts", Infinity)) {
        this._attempts = 0;
        this.emit("reconnect_failed");
        return;
      }
      this._reconnecting = true;
      const wait = backoff(
        this._attempts++,
        this._setting("reconnectionDelay", 1e3),
        this._setting("reconnectionDelayMax", 5e3),
        this._setting("randomizationFactor", 0.5)
      );
      this._stopTimer = this._later(() => this._try(), wait);
      this._unwatch = watchPage(returning, (event) => isReturn(event) && this._try());
    }
    /** @internal */
    _try() {
      this._stopWaiting();
      const attempt = this._attempts;
      if (!this._unwanted) this.emit("reconnect_attempt", attempt);
      if (this._unwanted) {
        this._reconnecting = false;
        return;
      }
      this.open((error) => {
        if (error) {
          this._reconnect();
          this.emit("reconnect_error", error);
        } else {
          this._attempts = 0;
          this.emit("reconnect", attempt);
        }
      });
    }
  };

  // src/io.ts
  var managers = {};
  function lookup(uri, opts = {}) {
    if (uri && typeof uri === "object") return lookup("", uri);
    const address = parseAddress(uri);
    const { source, origin, path } = address;
    const key = origin + (opts.path || "/socket.io");
    const own = opts.forceNew || opts.multiplex === false || opts["force new connection"];
    const manager = own || managers[key]?.nsps[path] ? new Manager(source, opts) : managers[key] || (managers[key] = new Manager(source, opts));
    if (true) opts.query || (opts.query = queryOf(address, opts));
    return manager.socket(path, opts);
  }
  var io = false ? lookup : /* @__PURE__ */ Object.assign(lookup, { io: lookup, connect: lookup, default: lookup, Manager, Socket, protocol });

  // src/global.ts
  var global_default = Object.assign(io, index_exports);
  return __toCommonJS(global_exports);
})();
return client.default});
//# sourceMappingURL=socket.io.js.map
