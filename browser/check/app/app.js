// An application as it is written with the official client. It does one thing after the
// other, and notes each event, answer and state in window.noted, in the order in which they
// come: a list for what it does and its main socket, and one for each other socket, since
// namespaces have no order among each other. window.finished becomes true when it is
// through. What is another value each time, such as ids, is left out. Its transports are those
// that its address names: /?transports=polling,websocket

const transports = new URLSearchParams(location.search).get("transports").split(",");
const lasting = transports.slice(-1); // without an upgrade

const noted = (window.noted = { main: [] });
const note = (...what) => noted.main.push(what);

/** Notes all that a socket tells by itself. */
function watch(name, socket) {
  const list = (noted[name] ??= []);
  const note = (...what) => list.push(what);
  const state = () => ({ connected: socket.connected, disconnected: socket.disconnected, active: socket.active, id: typeof socket.id });
  socket.on("connect", () => note("connect", state(), !!socket.recovered));
  socket.on("disconnect", (reason, details) => note("disconnect", reason, shown(details), state()));
  socket.on("connect_error", (error) => note("connect_error", error instanceof Error, error.message, shown(error.data), error.type, state()));
  socket.onAny((event, ...args) => note("any", event, ...args.map(shown)));
  socket.onAnyOutgoing((event, ...args) => note("outgoing", event, ...args.map(shown)));
  return socket;
}

/** A value as JSON can have it: bytes as a list, functions and such by what they are. */
function shown(value) {
  if (typeof value === "function") return "function";
  if (value instanceof ArrayBuffer) return { bytes: [...new Uint8Array(value)] };
  if (ArrayBuffer.isView(value)) return { view: value.constructor.name };
  if (value instanceof Blob) return { blob: value.size };
  if (value instanceof Error) return { error: value.message };
  if (value instanceof Event) return { event: value.type };
  if (Array.isArray(value)) return value.map(shown);
  if (value === null || typeof value !== "object") return value;
  const sorted = Object.keys(value).sort(); // servers may have any order
  return Object.fromEntries(sorted.map((key) => [key, shown(value[key])]));
}

const once = (emitter, event) => new Promise((resolve) => emitter.once(event, (...args) => resolve(args)));

function show(text) {
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("#messages").append(item);
}

const steps = {
  async connects() {
    const socket = (window.socket = watch("main", io({ transports, reconnectionDelay: 30, reconnectionDelayMax: 60 })));
    note("before", socket.connected, socket.active, socket.id);
    const { engine } = socket.io;
    const upgraded = transports.length > 1 ? once(engine, "upgrade") : [engine.transport];
    socket.on("connect", () => (document.querySelector("#state").textContent = "connected"));
    socket.on("disconnect", (reason) => (document.querySelector("#state").textContent = reason));
    socket.emit("echo", "before the connection");
    socket.on("echo", (...args) => show(JSON.stringify(args.map(shown))));
    await once(socket, "echo");
    const [{ name }] = await upgraded;
    note("transport", name, engine.transport.name, engine.readyState);
  },

  async emits() {
    const back = once(socket, "echo");
    note("emit returns the socket", socket.emit("echo", 1, "two", { three: [3, null, true] }, undefined, new Date(0)) === socket);
    note("echo", ...(await back).map(shown));
    const message = once(socket, "message");
    socket.send("sent", 1);
    note("message", ...(await message));
    await new Promise((resolve) => socket.emit("echo", "acknowledged", (...args) => resolve(note("ack", ...args))));
    note("emitWithAck", await socket.emitWithAck("echo", "promised", "second"));
    note("undefined", await socket.emitWithAck("undef"));
  },

  async waits() {
    note("in time", await new Promise((resolve) => socket.timeout(60_000).emit("echo", 1, (...args) => resolve(args.map(shown)))));
    note("late", await new Promise((resolve) => socket.timeout(20).emit("no-ack", (...args) => resolve(args.map(shown)))));
    note("rejected", await socket.timeout(20).emitWithAck("no-ack").catch(shown));
  },

  async answers() {
    socket.on("question", (a, b, reply) => reply(a + b, { by: "the page" }));
    note("asked", shown(await socket.emitWithAck("ask", "question", [40, 2], 60_000)));
    socket.off("question");
    note("unanswered", (await socket.emitWithAck("ask", "question", [1, 2], 50)).ok);
  },

  async bytes() {
    const { buffer } = Uint8Array.of(0, 1, 2, 3);
    const values = [buffer, new Uint8Array(buffer, 1, 2), new DataView(buffer), new Blob(["blob"]), new File(["file"], "name")];
    note("described", await socket.emitWithAck("describe", ...values, { deep: [new Uint16Array([1])] }));
    const came = once(socket, "bin");
    socket.emit("send-bin", 5);
    note("bin", ...(await came).map(shown));
    note("echoed", shown(await socket.emitWithAck("echo", { buffer })));
  },

  async namespaces() {
    const plain = (window.plain = watch("plain", io("/plain")));
    note("shared", plain.io === socket.io, plain.nsp);
    await once(plain, "connect");
    note("echo of plain", await plain.emitWithAck("echo", 1));
    const auth = watch("auth", io("/auth", { auth: { token: "wrong" } }));
    await once(auth, "connect_error");
    auth.auth = (pass) => pass({ token: "secret" });
    auth.connect();
    await once(auth, "connect");
    const left = once(auth, "disconnect");
    note("leaves", auth.disconnect() === auth);
    await left.catch(() => {});
    const unknown = watch("unknown", io("/nobody-knows"));
    await once(unknown, "connect_error");
    const early = watch("early", io("/early"));
    await once(early, "early");
    await early.emitWithAck("undef");
    early.close();
    const bye = watch("bye", io("/bye"));
    await once(bye, "disconnect");
    const dynamic = watch("dynamic", io("/dyn-7"));
    note("named", await once(dynamic, "nsp"), dynamic.nsp);
    note("a second of one namespace", io("/plain", { autoConnect: false }).io === socket.io);
  },

  async listeners() {
    const heard = [];
    const listener = (n) => heard.push(["on", n]);
    const any = (event) => heard.push(["any", event]);
    socket.on("echo", listener);
    socket.once("echo", (n) => heard.push(["once", n]));
    socket.prependAny(any);
    socket.emit("echo", 1);
    socket.emit("echo", 2);
    await socket.emitWithAck("undef");
    note("heard", heard, socket.listeners("echo").length, socket.hasListeners("nothing"), socket.listenersAny().length);
    socket.off("echo", listener);
    socket.offAny(any);
    note("left", socket.listeners("echo").length, socket.listenersAny().length, socket.listenersAnyOutgoing().length);
  },

  async errors() {
    for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"]) {
      try {
        socket.emit(name);
        note("emitted", name);
      } catch (error) {
        note("thrown", error.message);
      }
    }
  },

  async loses() {
    const managed = [];
    for (const event of ["reconnect_attempt", "reconnect", "open", "close"]) socket.io.on(event, (first) => managed.push([event, shown(first)]));
    const lost = once(socket, "disconnect");
    const back = once(socket, "connect");
    const backInPlain = once(plain, "connect");
    window.cut();
    await lost;
    note("while it is lost", socket.connected, socket.active, socket.id, socket.io.engine.readyState);
    socket.emit("echo", "while it is lost");
    const answer = socket.emitWithAck("echo", "answered later");
    note("waiting", socket.sendBuffer.length);
    await Promise.all([back, backInPlain]);
    note("answer", await answer, socket.sendBuffer.length, socket.receiveBuffer.length);
    note("manager", managed);
    for (const event of ["reconnect_attempt", "reconnect", "open", "close"]) socket.io.off(event);
  },

  async retries() {
    const own = watch("retrying", io({ forceNew: true, transports: lasting, retries: 1, ackTimeout: 60_000 }));
    note("first", await new Promise((resolve) => own.emit("echo", "retried", (...args) => resolve(args))));
    note("second", await own.emitWithAck("echo", "retried as well"));
    note("given up", await new Promise((resolve) => own.timeout(20).emit("no-ack", (...args) => resolve(args.map(shown)))));
    own.disconnect();
  },

  async recovers() {
    const own = io({ path: "/rec/", transports: lasting, reconnectionDelay: 30 });
    await once(own, "connect");
    const { id } = own;
    const first = once(own, "tick");
    own.emit("burst", 1);
    const [n, offset] = await first;
    note("tick", n, typeof offset);
    const back = once(own, "connect");
    own.io.engine.close();
    await back;
    note("recovered", own.recovered, own.id === id);
    own.disconnect();
  },

  async options() {
    const { Manager } = io;
    const manager = new Manager(location.origin, { transports: lasting, query: { a: "b c" }, autoConnect: false, extraHeaders: { "x-own": "1" } });
    note("defaults", manager.reconnection(), manager.reconnectionAttempts(), manager.reconnectionDelay(), manager.reconnectionDelayMax(), manager.timeout());
    const own = watch("managed", manager.socket("/"));
    note("not yet", own.connected, own.active);
    own.connect();
    await once(own, "connect");
    const { query, headers } = await own.emitWithAck("handshake");
    note("handshake", query.a, query.EIO, query.transport, headers["x-own"]);
    own.disconnect();
    // By polling our client tells what the server has said, which checks/faults.mjs has.
    const refused = watch("refused", io({ forceNew: true, path: "/guard/", transports: ["websocket"], reconnection: false }));
    await once(refused, "connect_error");
  },

  async ends() {
    const sent = once(socket, "disconnect");
    socket.emit("disconnect-me", false);
    await sent;
    socket.connect();
    await once(socket, "connect");
    await socket.emitWithAck("undef");
    note("ends", socket.disconnect() === socket, socket.connected, socket.active);
    plain.disconnect();
  },
};

(async () => {
  for (const [name, step] of Object.entries(steps)) {
    note("step", name);
    await step();
    note("items", document.querySelectorAll("#messages li").length, document.querySelector("#state").textContent);
  }
  window.finished = true;
})();
