// Plain HTTP towards a server under test: one request, one answer, one TCP
// connection, no cookie and no header that the test did not ask for.

import http from "node:http";
import { within } from "./wait.mjs";

/** Sends a request; resolves with `{status, headers, text}`. */
export function request(base, path, { method = "GET", query = {}, headers = {}, body } = {}) {
  const answered = new Promise((resolve, reject) => {
    const outgoing = http.request(address(base, path, query), { method, headers, agent: false });
    outgoing.on("response", (answer) => readAll(answer).then(resolve, reject));
    outgoing.on("error", reject);
    outgoing.end(body);
  });
  return within(answered, `an answer to ${method} ${path}`);
}

/** The query of an Engine.IO request over polling. */
export const polling = (query = {}) => ({ EIO: "4", transport: "polling", ...query });

/** Opens a polling session; resolves with the answer and its open packet as `open`. */
export async function handshake(base, path, { query = {}, headers = {} } = {}) {
  const answer = await request(base, path, { query: polling(query), headers });
  const open = answer.status === 200 && answer.text.startsWith("0") ? JSON.parse(answer.text.slice(1)) : undefined;
  return { ...answer, open };
}

/**
 * Asks for a WebSocket and leaves again at once. Resolves with `{opened,
 * status, headers, text}`; a connection that is cut without an answer has
 * opened false and status 0.
 */
export function webSocketHandshake(base, path, { query = {}, headers = {} } = {}) {
  const all = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const target = address(base, path, { EIO: "4", transport: "websocket", ...query });
  const answered = new Promise((resolve, reject) => {
    const outgoing = http.request(target, { headers: all, agent: false });
    outgoing.on("upgrade", (answer, stream) => {
      stream.destroy();
      resolve({ opened: true, status: answer.statusCode, headers: answer.headers, text: "" });
    });
    outgoing.on("response", (answer) => {
      readAll(answer).then((refusal) => resolve({ opened: false, ...refusal }), reject);
    });
    outgoing.on("error", () => resolve({ opened: false, status: 0, headers: {}, text: "" }));
    outgoing.end();
  });
  return within(answered, `an answer to the WebSocket handshake on ${path}`);
}

/** The list that a header holds, in lower case and sorted. */
export function headerList(value = "") {
  const parts = value.split(",").map((part) => part.trim().toLowerCase());
  return parts.filter((part) => part !== "").sort();
}

function address(base, path, query) {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(query)) url.searchParams.append(key, value);
  return url;
}

async function readAll(answer) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  return { status: answer.statusCode, headers: answer.headers, text: Buffer.concat(parts).toString("utf8") };
}
