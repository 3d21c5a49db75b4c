// The walk-through in Chromium: what the page and the server print, character
// by character, over WebSocket, over polling and across origins.

import { mkdirSync } from "node:fs";
import { repository } from "../lib/build.mjs";
import { equal, holds } from "../lib/expect.mjs";
import { until } from "../lib/wait.mjs";
import { inPage, linesOf, shownLines } from "./context.mjs";

export const page = "http://127.0.0.1:5500";
export const server = "http://127.0.0.1:3000";

const greeting = "我是客户端,来陪我聊聊";
const answer = '{"message":"你好我是服务端,让我们来聊天呀"}';
const artefacts = `${repository}.tmp/artefacts`;

const say = (opened, message) => opened.evaluate((text) => window.socket.emit("sendToServer", { message: text }), message);
const transport = (opened) => opened.evaluate(() => window.socket.io.engine.transport.name);

const upgraded = (opened) =>
  inPage(opened, "an upgrade to WebSocket", () => window.socket.io.engine.transport.name === "websocket");

/** Checks the first lines of page, console and server, and returns the socket's id. */
async function greets(t, opened) {
  await linesOf(opened, 2);
  const id = await opened.evaluate(() => window.socket.id);
  holds(/^[\w-]{20}$/.test(id), "a socket id of 20 characters", id);
  equal(await shownLines(opened), [id, answer], "lines on the page");
  equal(opened.consoleLines, [id, answer], "lines in the console");
  await t.server.prints([id, greeting]);
  return id;
}

async function screenshot(opened, name) {
  mkdirSync(artefacts, { recursive: true });
  await opened.screenshot({ path: `${artefacts}/${name}.png` });
}

/** Runs in the page before its scripts: each WebSocket fails, as behind a proxy that knows none. */
function failWebSockets() {
  window.webSocketsTried = 0;
  window.WebSocket = class extends EventTarget {
    readyState = 0;
    constructor() {
      super();
      window.webSocketsTried++;
      setTimeout(() => {
        this.readyState = 3;
        this.onerror?.(new Event("error"));
        this.onclose?.(new CloseEvent("close", { code: 1006 }));
      });
    }
    close() {}
    send() {}
  };
}

export function walkthroughTests(foreignPage) {
  return {
    "the page prints its socket's id and the server's answer, the server the id and the greeting": async (t) => {
      const opened = await t.open(page);
      await greets(t, opened);
      await screenshot(opened, "walkthrough");
    },

    "the connection moves on to WebSocket and the talk goes on there": async (t) => {
      const opened = await t.open(page);
      const id = await greets(t, opened);
      await upgraded(opened);
      await say(opened, "再来一句 😀");
      equal(await linesOf(opened, 3), [id, answer, answer], "lines on the page");
      await t.server.prints([id, greeting, "再来一句 😀"]);
    },

    "the page's requests carry the custom header and are answered for its origin, with credentials": async (t) => {
      const exchanges = [];
      const opened = await t.open(page, async (prepared) => {
        prepared.on("response", (response) => {
          if (response.url().startsWith(server) && response.request().method() === "GET") exchanges.push(response);
        });
      });
      await greets(t, opened);
      await until("an answer to the page's handshake", () => exchanges.length > 0);
      const sent = await exchanges[0].request().allHeaders();
      const got = await exchanges[0].allHeaders();
      equal([sent.origin, sent["my-custom-header"]], [page, "abcd"], "origin and custom header of the request");
      equal([got["access-control-allow-origin"], got["access-control-allow-credentials"]], [page, "true"], "allowed origin and credentials");
    },

    "with WebSocket blocked the same page works over polling": async (t) => {
      const opened = await t.open(page, (prepared) => prepared.addInitScript(failWebSockets));
      const id = await greets(t, opened);
      await inPage(opened, "an attempt at WebSocket", () => window.webSocketsTried > 0);
      await say(opened, "还在吗?");
      equal(await linesOf(opened, 3), [id, answer, answer], "lines on the page");
      equal(await transport(opened), "polling", "transport");
      await t.server.prints([id, greeting, "还在吗?"]);
      await screenshot(opened, "walkthrough-polling");
    },

    "a page of another origin is refused and says so": async (t) => {
      const opened = await t.open(foreignPage);
      const [line] = await linesOf(opened, 1);
      equal(line, "refused: xhr poll error", "line on the page");
      await until("the browser's own error", () => opened.consoleErrors.length > 0);
      holds(opened.consoleErrors[0].includes("CORS policy"), "an error that names the CORS policy", opened.consoleErrors[0]);
      equal(await opened.evaluate(() => window.socket.connected), false, "connected");
      equal(t.server.lines, [], "lines of the server");
      await screenshot(opened, "walkthrough-refused");
    },

    "the page comes back by itself after the server went, and what it said meanwhile arrives": async (t) => {
      const opened = await t.open(page);
      const first = await greets(t, opened);
      await upgraded(opened);
      equal(await t.server.stop("SIGINT"), 0, "exit status of the interrupted server");
      const before = [first, answer, "disconnected: transport close"];
      equal((await linesOf(opened, 3)).slice(0, 3), before, "lines on the page");
      for (const message of ["一", "二"]) await say(opened, message);
      await t.server.start();
      await inPage(opened, "a new connection", () => window.socket.connected);
      const second = await opened.evaluate(() => window.socket.id);
      await t.server.prints([second, "一", "二"]);
      await until("the new id and two answers", async () => (await shownLines(opened)).slice(-3).join() === [second, answer, answer].join());
      holds(second !== first, "a new id", second);
    },
  };
}
