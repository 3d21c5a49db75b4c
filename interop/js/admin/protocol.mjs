// What an admin is sent: by ours and by the official server.

import { equal, holds } from "../lib/expect.mjs";
import { next, until } from "../lib/wait.mjs";

const credentials = { username: "ada", password: "secret" };
const all = ["EMIT", "JOIN", "LEAVE", "DISCONNECT", "MJOIN", "MLEAVE", "MDISCONNECT", "AGGREGATED_EVENTS", "ALL_EVENTS"];

/** Connects an admin that keeps what it is sent. */
async function admin(t, auth = credentials) {
  const socket = t.open({ nsp: "/admin", auth });
  const log = [];
  socket.onAny((...event) => log.push(event));
  await t.connected(socket);
  await until("all sockets", () => log.some(([name]) => name === "all_sockets"));
  return { socket, log };
}

const named = (log, name) => log.filter(([event]) => event === name).map(([, ...args]) => args);

/** The events about one socket, but for those of the whole server. */
const about = (log, id) => log.filter((event) => JSON.stringify(event).includes(id) && event[0] !== "all_sockets");

function isTime(value) {
  holds(typeof value === "string" && new Date(value).toISOString() === value, "an ISO date", value);
}

function isSocket(socket, id) {
  equal(Object.keys(socket), ["id", "clientId", "transport", "nsp", "data", "handshake", "rooms"], "members of a socket");
  equal(Object.keys(socket.handshake).sort(), ["address", "headers", "issued", "query", "secure", "time", "url", "xdomain"], "members of a handshake");
  holds(typeof socket.handshake.issued === "number" && !Number.isNaN(Date.parse(new Date(socket.handshake.issued).toISOString())), "a time in ms", socket.handshake.issued);
  holds(!Number.isNaN(Date.parse(socket.handshake.time)), "a date", socket.handshake.time);
  equal([typeof socket.handshake.headers, typeof socket.handshake.query, typeof socket.data], ["object", "object", "object"], "types");
  equal([socket.id, socket.rooms.includes(id), socket.clientId.length], [id, true, 12], "id, its room, length of the client's id");
}

export const protocolTests = {
  "an admin gets a session, what it may do, and all sockets": async (t) => {
    const { socket, log } = await admin(t);
    const names = log.map(([name]) => name).filter((name) => ["session", "config", "all_sockets"].includes(name));
    equal(names, ["session", "config", "all_sockets"], "order");
    const [[session]] = named(log, "session");
    holds(/^[0-9a-f]{16}$/.test(session), "a session id", session);
    equal(named(log, "config"), [[{ supportedFeatures: all }]], "config");
    const [[sockets]] = named(log, "all_sockets");
    isSocket(sockets.find(({ id }) => id === socket.id), socket.id);
  },

  "a session takes the place of the password, and who has neither is refused": async (t) => {
    const { log } = await admin(t);
    const [[sessionId]] = named(log, "session");
    equal(named((await admin(t, { sessionId })).log, "session"), [], "sessions of one that has one");
    for (const auth of [{ sessionId: null }, { sessionId: "0123456789abcdef" }, { username: "ada", password: "guess" }, { username: "bob", password: "secret" }]) {
      const refused = t.open({ nsp: "/admin", auth });
      const failed = next(refused, "connect_error");
      refused.connect();
      const [{ message }] = await failed;
      equal(message, "invalid credentials", `message for ${JSON.stringify(auth)}`);
    }
  },

  "the life of a socket is told in this order and form": async (t) => {
    const { log } = await admin(t);
    const socket = t.open();
    await t.connected(socket);
    const id = socket.id;
    const echoed = next(socket, "echoed");
    socket.emit("echo", { a: 1 });
    await echoed;
    await until("both events", () => named(log, "event_sent").length === 1);
    socket.disconnect();
    await until("the end", () => about(log, id).filter(([name]) => name === "room_left").length === 2);
    const events = about(log, id);
    const [name, shown, at] = events.splice(1, 1)[0];
    equal(name, "socket_connected", "the second event");
    isSocket(shown, id);
    isTime(at);
    events.forEach((event) => isTime(event.pop()));
    equal(events.slice(0, 5), [
      ["room_joined", "/", id, id],
      ["room_joined", "/", "lobby", id],
      ["event_received", "/", id, ["echo", { a: 1 }]],
      ["event_sent", "/", id, ["echoed", { a: 1 }]],
      ["socket_disconnected", "/", id, "client namespace disconnect"],
    ], "events");
    equal(events.slice(5).sort(), [["room_left", "/", id, id], ["room_left", "/", "lobby", id]].sort(), "the last events");
  },

  "an upgrade is told": async (t) => {
    const { log } = await admin(t);
    const socket = t.open({ transports: ["polling", "websocket"] });
    await t.connected(socket);
    await until("the upgrade", () => named(log, "socket_updated").some(([{ id, nsp, transport }]) => id === socket.id && nsp === "/" && transport === "websocket"));
  },

  "the server's figures come every two seconds": async (t) => {
    const { socket, log } = await admin(t);
    t.open().connect();
    await until("three of them", () => named(log, "server_stats").length >= 3);
    const [stats] = named(log, "server_stats").at(-1);
    equal(Object.keys(stats).sort(), ["aggregatedEvents", "clientsCount", "hostname", "namespaces", "pid", "pollingClientsCount", "serverId", "uptime"], "members");
    equal([stats.serverId, stats.namespaces.map(({ name }) => name)], ["the-server", ["/", "/admin"]], "server and namespaces");
    holds(stats.clientsCount >= 1 && stats.namespaces[1].socketsCount >= 1 && stats.uptime > 0, "figures", stats);
    const kinds = new Set(named(log, "server_stats").flatMap(([{ aggregatedEvents }]) => aggregatedEvents.map(({ type }) => type)));
    for (const kind of ["rawConnection", "packetsIn", "packetsOut", "bytesIn", "bytesOut"]) holds(kinds.has(kind), kind, [...kinds]);
    holds(socket.connected, "still connected", socket.connected);
  },

  "an admin acts on sockets, rooms and namespaces": async (t) => {
    const { socket } = await admin(t);
    const [first, second] = [t.open(), t.open()];
    await Promise.all([t.connected(first), t.connected(second)]);
    const got = [];
    first.on("hello", (n) => got.push(["first", n]));
    second.on("hello", (n) => got.push(["second", n]));
    socket.emit("join", "/", "red", first.id);
    socket.emit("emit", "/", "red", "hello", 1);
    socket.emit("leave", "/", "red", undefined);
    socket.emit("emit", "/", "red", "hello", 2);
    socket.emit("emit", "/", undefined, "hello", 3);
    await until("three greetings", () => got.length >= 3);
    equal(got.map(String).sort(), ["first,1", "first,3", "second,3"], "who got what");
    const [left, closed] = [next(first, "disconnect"), next(second, "disconnect")];
    socket.emit("_disconnect", "/", false, first.id);
    equal((await left)[0], "io server disconnect", "why the first went");
    socket.emit("_disconnect", "/", true, second.id);
    equal((await closed)[0], "io server disconnect", "why the second went");
  },
};

export const ourTests = {
  "secrets are not shown": async (t) => {
    const { log } = await admin(t);
    const socket = t.open({ query: { token: "topsecret", room: "5" }, auth: { token: "topsecret" }, extraHeaders: { cookie: "a=topsecret" } });
    await t.connected(socket);
    await until("the socket", () => about(log, socket.id).some(([name]) => name === "socket_connected"));
    const [, shown] = about(log, socket.id).find(([name]) => name === "socket_connected");
    holds(!JSON.stringify(shown).includes("topsecret"), "no secret", shown);
    equal([shown.handshake.query.room, shown.handshake.headers.cookie], ["5", "[hidden]"], "query and cookie");
  },
};
