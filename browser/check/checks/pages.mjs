// What only a browser has: the same checks in Chromium, with the client's script in a page.

import { equal, holds } from "../../../interop/js/lib/expect.mjs";
import { settle, until } from "../../../interop/js/lib/wait.mjs";
import { beyond, webSocket } from "../lib/check.mjs";
import { servePage, visit } from "../lib/browser.mjs";

export const source = "in Chromium";

/** A page of the line's own origin, with the client in it. */
async function open(t, { line, prepare, ...options } = {}) {
  line ??= await t.line();
  servePage(line, t.client.name, options);
  const { page, context } = await visit(`${line.url}/page`, prepare);
  t.defer(() => context.close());
  return { line, page, context };
}

/** In the page: connects, and notes what happens in `window.noted`. */
function connect(options) {
  const { uri = "/", ...rest } = options;
  window.noted = [];
  const socket = (window.socket = window.io(uri, { reconnectionDelay: 50, reconnectionDelayMax: 100, ...rest }));
  socket.on("connect", () => window.noted.push(["connect"]));
  socket.on("disconnect", (reason, details) => window.noted.push(["disconnect", reason, details?.description]));
  socket.on("connect_error", (error) => window.noted.push(["connect_error", error.message, error.type, socket.active]));
}

const noted = (page) => page.evaluate(() => window.noted);

/** Waits until that many events of the name are noted; resolves with all that are. */
async function notes(page, name, n = 1) {
  await until(`${n} × ${name} in the page`, async () => (await noted(page)).filter(([event]) => event === name).length >= n);
  return noted(page);
}

/** In the page: has a value echoed, by events of the connected socket. */
const echo = (page, value) => page.evaluate((sent) => window.socket.emitWithAck("echo", sent), value);

/** A check that the page's policy makes a connect_error each time, and nothing that nobody catches. */
const forbids = (options, policy) => async (t) => {
  const { page } = await open(t, policy);
  await page.evaluate(connect, options);
  const all = await notes(page, "connect_error", 2);
  holds(all.every(([event, message, type, active]) => event === "connect_error" && message && type && active), "typed errors, active", all);
  equal(page.errors, [], "errors that nobody has caught");
};

/** A check that a page of HTTPS does not reach a server of HTTP, and is told so each time. */
function mixed(transports) {
  return async (t) => {
    const line = await t.line();
    servePage(line, t.client.name);
    const secure = "https://secure.test";
    const { page, context } = await visit(`${secure}/page`, (page) =>
      page.route(`${secure}/**`, async (route) => {
        const response = await fetch(line.url + new URL(route.request().url()).pathname);
        await route.fulfill({ status: response.status, contentType: response.headers.get("content-type"), body: await response.text() });
      }),
    );
    t.defer(() => context.close());
    await page.evaluate(connect, { uri: `http://plain.test:${line.port}`, transports });
    const all = await notes(page, "connect_error", 2);
    equal(all.every(([event, , type]) => event === "connect_error" && type === "TransportError"), true, "typed errors");
    equal(page.errors, [], "errors that nobody has caught");
    equal(line.requests.some(({ path }) => path === "/socket.io/"), false, "requests");
  };
}

const policy = (connectSrc) => ({ headers: { "content-security-policy": `connect-src ${connectSrc}` } });

export const checks = {
  "a page connects by polling, and goes on by WebSocket": async (t) => {
    const { line, page } = await open(t);
    await page.evaluate(connect, {});
    await notes(page, "connect");
    equal(await echo(page, "from a page"), "from a page", "echo");
    await line.hears(/^5$/);
    await until("the WebSocket", () => page.evaluate(() => window.socket.io.engine.transport.name === "websocket"));
    equal(page.errors, [], "errors");
  },

  "bytes of all kinds of a page arrive: ArrayBuffer, views, Blob, File": async (t) => {
    const { page } = await open(t);
    for (const transports of [["polling"], ["websocket"]]) {
      const described = await page.evaluate(async (transports) => {
        const socket = window.io("/", { transports, forceNew: true });
        const { buffer } = Uint8Array.of(9, 1, 2, 9);
        const values = [Uint8Array.of(1, 2).buffer, new Uint8Array(buffer, 1, 2), new DataView(buffer, 1, 2), new Blob([Uint8Array.of(1, 2)]), new File([Uint8Array.of(1, 2)], "f")];
        const answer = await socket.emitWithAck("describe", ...values, { deep: [new Blob([Uint8Array.of(1, 2)])] });
        socket.disconnect();
        return answer;
      }, transports);
      equal(described, [...Array(5).fill({ bin: "0102" }), { deep: [{ bin: "0102" }] }], `what came by ${transports}`);
    }
  },

  "bytes arrive in a page as ArrayBuffer": async (t) => {
    const { page } = await open(t);
    for (const transports of [["polling"], ["websocket"]]) {
      const [kind, list] = await page.evaluate(async (transports) => {
        const socket = window.io("/", { transports, forceNew: true });
        const came = new Promise((resolve) => socket.on("bin", resolve));
        socket.emit("send-bin", 3);
        const { buf } = await came;
        socket.disconnect();
        return [buf.constructor.name, [...new Uint8Array(buf)]];
      }, transports);
      equal([kind, list], ["ArrayBuffer", [0, 1, 2]], transports[0]);
    }
  },

  "a Blob is not overtaken by what is emitted after it": async (t) => {
    const { page } = await open(t);
    const order = await page.evaluate(async () => {
      const socket = window.io("/", { transports: ["polling"] });
      const order = [];
      const both = new Promise((resolve) => socket.on("echo", (value) => order.push(typeof value) === 2 && resolve()));
      socket.emit("echo", new Blob(["x".repeat(50_000)]));
      socket.emit("echo", "later");
      await both;
      return order;
    });
    equal(order, ["object", "string"], "order");
  },

  "cookies are sent to another origin with withCredentials, and not without": async (t) => {
    const { page } = await open(t);
    const allowed = { "access-control-allow-origin": new URL(page.url()).origin, "access-control-allow-credentials": "true" };
    for (const withCredentials of [false, true]) {
      const other = await t.line();
      other.rewrite = ({ headers, text }) => ({ headers: { ...headers, ...allowed }, text });
      await page.evaluate(connect, { uri: other.url, path: "/cookie/", transports: ["polling"], withCredentials });
      await notes(page, "connect");
      const later = other.requests.filter(({ query }) => query.sid);
      equal(later.every(({ headers }) => /^io=/.test(headers.cookie ?? "") === withCredentials), true, `cookies with withCredentials: ${withCredentials}`);
      await page.evaluate(() => window.socket.disconnect());
    }
  },

  "requestTimeout ends a request that takes longer": async (t) => {
    const { line, page } = await open(t);
    const { fault } = line;
    line.fault = (request) => (request.path === "/socket.io/" ? "hang" : fault(request));
    await page.evaluate(connect, { transports: ["polling"], timeout: false, requestTimeout: 100 });
    equal((await notes(page, "connect_error"))[0].slice(0, 2), ["connect_error", "xhr poll error"], "error");
  },

  "offline ends the connection at once": async (t) => {
    const { page, context } = await open(t);
    await page.evaluate(connect, { transports: ["websocket"], reconnection: false });
    await notes(page, "connect");
    await context.setOffline(true);
    equal((await notes(page, "disconnect"))[1], ["disconnect", "transport close", "network connection lost"], "disconnect");
  },

  "online again is connected again at once": beyond(async (t) => {
    const { page, context } = await open(t);
    await page.evaluate(connect, { transports: ["websocket"], reconnectionDelay: 600_000, reconnectionDelayMax: 600_000 });
    await notes(page, "connect");
    await context.setOffline(true);
    await notes(page, "disconnect");
    await context.setOffline(false);
    await notes(page, "connect", 2);
  }),

  "a page that is closed is noticed by the server": async (t) => {
    const line = await t.line();
    const watcher = await t.connect(await t.line(), webSocket);
    await new Promise((resolve) => watcher.emit("watch", resolve));
    const gone = [];
    watcher.on("gone", ({ id }) => gone.push(id));
    for (const transports of [["websocket"], ["polling"]]) {
      const { page, context } = await open(t, { line });
      await page.evaluate(connect, { transports });
      await notes(page, "connect");
      const id = await page.evaluate(() => window.socket.id);
      await context.close();
      await until(`the server to notice that a page by ${transports} is gone`, () => gone.includes(id));
    }
    await settle(watcher);
  },

  "a page that comes back from the back-forward cache is connected": beyond(async (t) => {
    const { line, page } = await open(t);
    await page.evaluate(connect, { transports: ["websocket"], reconnectionDelay: 600_000, reconnectionDelayMax: 600_000 });
    await notes(page, "connect");
    await page.evaluate(() => addEventListener("pageshow", ({ persisted }) => (window.cameBack = persisted)));
    await page.goto(`${line.url}/other`);
    await page.evaluate(() => history.back());
    await until("the page to be back, from the cache", () => page.evaluate(() => window.cameBack).catch(() => false));
    await notes(page, "connect", 2);
  }),

  "a worker has a client as well": async (t) => {
    const worker = `importScripts("/client.js");
      const socket = io("/", { transports: ["polling", "websocket"] });
      socket.emit("echo", "from a worker", (answer) => postMessage(answer));`;
    const { page } = await open(t, { files: { "/worker.js": { body: worker } } });
    const said = await page.evaluate(() => new Promise((resolve) => (new Worker("/worker.js").onmessage = ({ data }) => resolve(data))));
    equal(said, "from a worker", "what the worker says");
  },

  "the module is imported by a page": async (t) => {
    const { page } = await open(t);
    const answer = await page.evaluate(async () => {
      const { io, Manager, Socket, protocol } = await import("/client.mjs");
      const socket = io("/", { transports: ["websocket"] });
      const right = socket instanceof Socket && socket.io instanceof Manager && protocol === 5;
      return [right, await socket.emitWithAck("echo", "module")];
    });
    equal(answer, [true, "module"], "exports, echo");
  },

  "the script leaves one global behind": async (t) => {
    const { page } = await open(t, { prepare: (page) => page.addInitScript(() => (window.before = Object.keys(window))) });
    const made = await page.evaluate(() => Object.keys(window).filter((key) => !window.before.includes(key) && key !== "before"));
    equal(made, ["io"], "globals");
  },

  "a policy that forbids all connections is a connect_error, each time": forbids({}, policy("'none'")),
  "a policy that forbids all connections is one by WebSocket as well": forbids({ transports: ["websocket"] }, policy("'none'")),
  "a policy without eval and inline scripts lets it work": async (t) => {
    const { page } = await open(t, { headers: { "content-security-policy": "default-src 'self'" } });
    await page.evaluate(connect, { transports: ["polling"] });
    await notes(page, "connect");
    equal([await echo(page, 1), page.errors], [1, []], "echo, errors");
  },

  "a page that may not make a WebSocket keeps to polling": async (t) => {
    const { page } = await open(t, { prepare: blockWebSocket });
    await page.evaluate(connect, {});
    await notes(page, "connect");
    equal([await echo(page, 1), page.errors], [1, []], "echo, errors");
    equal(await page.evaluate(() => window.socket.io.engine.transport.name), "polling", "transport");
  },

  "polling is a connect_error where it would be mixed content": mixed(["polling"]),
  // The official client reports this before anybody can listen.
  "WebSocket is a connect_error where it would be mixed content": beyond(mixed(["websocket"])),

  "a server of another origin that does not allow the page is a connect_error": async (t) => {
    const { page } = await open(t);
    const other = await t.line();
    await page.evaluate(connect, { uri: other.url, transports: ["polling"] });
    const all = await notes(page, "connect_error", 2);
    equal(all.map(([, message, type]) => [message, type])[0], ["xhr poll error", "TransportError"], "error");
    equal(page.errors, [], "errors that nobody has caught");
  },

  "a frame without an origin, in which storage is blocked, connects": async (t) => {
    const line = await t.line();
    const body = `addEventListener("message", () => {
      let blocked = false;
      try { localStorage; } catch { blocked = true; }
      const socket = io("${line.url}", { transports: ["websocket"] });
      socket.emit("echo", "from a frame", (answer) => parent.postMessage([blocked, answer], "*"));
    });
    parent.postMessage("ready", "*");`;
    const { page } = await open(t, { line, files: { "/frame.js": { body } } });
    const said = await page.evaluate(
      () =>
        new Promise((resolve) => {
          const frame = document.createElement("iframe");
          frame.sandbox = "allow-scripts";
          frame.srcdoc = `<script src="${location.origin}/client.js"></script><script src="${location.origin}/frame.js"></script>`;
          addEventListener("message", ({ data }) => (data === "ready" ? frame.contentWindow.postMessage("go", "*") : resolve(data)));
          document.body.append(frame);
        }),
    );
    equal(said, [true, "from a frame"], "storage blocked, echo");
  },
};

/** Has WebSockets of the page fail as where a policy forbids them. */
async function blockWebSocket(page) {
  await page.addInitScript(() => {
    window.WebSocket = class {
      constructor() {
        throw new DOMException("blocked by policy", "SecurityError");
      }
    };
  });
}
