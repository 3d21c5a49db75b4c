// behaviour.md §3.1: what the package exports, and what io makes of its arguments.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { next } from "../../../interop/js/lib/wait.mjs";
import { beyond, webSocket } from "../lib/check.mjs";

export const source = "behaviour 3.1";

const idle = { autoConnect: false };

/** Whether two calls of io share their manager. */
const share = (t, a, b) => t.io(...a).io === t.io(...b).io;

export const checks = {
  "io, connect, io.connect and the default export are one function": ({ client }) => {
    equal([client.connect, client.io.connect, client.default].every((f) => f === client.io), true, "the same");
  },

  "Manager and Socket are exported and are what io makes": (t) => {
    const socket = t.io("http://made.test", idle);
    holds(socket instanceof t.client.Socket, "a Socket", socket.constructor.name);
    holds(socket.io instanceof t.client.Manager, "a Manager", socket.io.constructor.name);
  },

  "io carries Manager, Socket and itself": ({ client: { io, Manager, Socket } }) => {
    equal([io.Manager === Manager, io.Socket === Socket, io.io === io], [true, true, true], "the properties");
  },

  "protocol is 5": ({ client }) => equal(client.protocol, 5, "protocol"),

  "the transports are exported as classes": ({ client }) => {
    for (const name of ["Fetch", "XHR", "NodeXHR", "WebSocket", "NodeWebSocket", "WebTransport"]) {
      equal(typeof client[name], "function", name);
    }
  },

  "two namespaces of one server share a manager": (t) => {
    equal(share(t, ["http://shared.test/a", idle], ["http://shared.test/b", idle]), true, "shared");
  },

  "the manager is looked up by scheme, host and port": (t) => {
    const first = ["http://looked-up.test/a", idle];
    for (const other of ["https://looked-up.test/b", "http://other.test/b", "http://looked-up.test:81/b"]) {
      equal(share(t, first, [other, idle]), false, `shared with ${other}`);
    }
  },

  "the manager is looked up by the path option too": (t) => {
    const at = (nsp, path) => [`http://paths.test${nsp}`, { ...idle, path }];
    equal(share(t, at("/a", "/one"), at("/b", "/two")), false, "shared by other paths");
    equal(share(t, at("/c", "/one"), at("/d", "/one")), true, "shared by the same path");
  },

  "a port that is left out is 80, or 443 with TLS": (t) => {
    equal(share(t, ["http://ports.test/a", idle], ["http://ports.test:80/b", idle]), true, "80");
    equal(share(t, ["https://ports.test/a", idle], ["https://ports.test:443/b", idle]), true, "443");
  },

  "forceNew makes a manager": (t) => {
    equal(share(t, ["http://forced.test/a", idle], ["http://forced.test/b", { ...idle, forceNew: true }]), false, "shared");
  },

  "\"force new connection\" makes a manager": (t) => {
    const forced = { ...idle, "force new connection": true };
    equal(share(t, ["http://forced2.test/a", idle], ["http://forced2.test/b", forced]), false, "shared");
  },

  "multiplex: false makes a manager": (t) => {
    equal(share(t, ["http://alone.test/a", idle], ["http://alone.test/b", { ...idle, multiplex: false }]), false, "shared");
  },

  "the same namespace a second time makes a manager": (t) => {
    equal(share(t, ["http://twice.test/a", idle], ["http://twice.test/a", idle]), false, "shared");
  },

  "without a URI the page's own server is called": async (t) => {
    const line = await t.line();
    t.location(`${line.url}/some/page.html`);
    const socket = t.io({ ...webSocket, forceNew: true, reconnection: false });
    await next(socket, "connect");
    equal([line.requests.length > 0, socket.nsp], [true, "/"], "requests, namespace");
  },

  "a path alone is a namespace of the page's own server": async (t) => {
    const line = await t.line();
    t.location(`${line.url}/some/page.html`);
    const socket = t.io("/plain", { ...webSocket, forceNew: true, reconnection: false });
    await next(socket, "connect");
    equal([line.requests.length > 0, socket.nsp], [true, "/plain"], "requests, namespace");
  },

  "a URI that begins with // has the page's scheme": async (t) => {
    const line = await t.line();
    t.location("http://page.test/");
    const socket = t.io(`//127.0.0.1:${line.port}/plain`, { ...webSocket, forceNew: true, reconnection: false });
    await next(socket, "connect");
    equal([line.requests.length > 0, socket.nsp], [true, "/plain"], "requests, namespace");
  },

  "a URI without a scheme has the page's": async (t) => {
    const line = await t.line();
    t.location("http://page.test/");
    const socket = t.io(`127.0.0.1:${line.port}`, { ...webSocket, forceNew: true, reconnection: false });
    await next(socket, "connect");
    equal(line.requests[0].method, "WS", "the request");
  },

  "a URI without a scheme is https where there is no page": beyond((t) => {
    equal(share(t, ["https://bare.test/a", idle], ["bare.test/b", idle]), true, "shared with https");
  }),

  "the path of the URI is the namespace": (t) => {
    equal(t.io("http://names.test/a/b", idle).nsp, "/a/b", "namespace");
    equal(t.io("http://names.test", idle).nsp, "/", "namespace of no path");
  },

  "ws: and wss: are schemes as well": async (t) => {
    const line = await t.line();
    const socket = t.io(line.url.replace("http", "ws"), { ...webSocket, forceNew: true, reconnection: false });
    await next(socket, "connect");
    equal(socket.connected, true, "connected");
  },

  "the query of the URI is sent with each request": async (t) => {
    const line = await t.line();
    const socket = t.open(line, { nsp: "/plain?a=b&c=%26d" });
    await t.connected(socket);
    for (const { query } of line.requests) equal([query.a, query.c], ["b", "&d"], "query");
  },

  "the query of the URI is no part of the namespace": (t) => {
    equal(t.io("http://queries.test/a?b=c", idle).nsp, "/a", "namespace");
  },

  "the query of the URI takes the place of the option": async (t) => {
    const line = await t.line();
    await t.connect(line, { ...webSocket, nsp: "/?b=2", query: { a: 1 } });
    const { a, b } = line.requests[0].query;
    equal([a, b], [undefined, "2"], "query");
  },

  "a host may be an address of IPv6": async (t) => {
    const line = await t.line("fixture", "::1");
    const socket = await t.connect(line, webSocket);
    equal([line.url.includes("[::1]"), socket.connected], [true, true], "address, connected");
  },

  "a URI of more than 8000 characters throws": (t) => {
    let thrown = false;
    try {
      t.io(`http://long.test/${"x".repeat(8001)}`, idle);
    } catch {
      thrown = true;
    }
    equal(thrown, true, "thrown");
  },
};
