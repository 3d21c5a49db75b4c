// A line is a proxy between the client under test and a server. It records what passes,
// and does to it what a check asks for: answers in the server's place, says things that
// the server has not said, falls silent, breaks.

import { once } from "node:events";
import http from "node:http";
import { WebSocket, WebSocketServer } from "./packages.mjs";
import { until } from "../../../interop/js/lib/wait.mjs";

const SEPARATOR = "\x1e";
// What belongs to one hop only, or would keep the line from reading what passes.
const hop = new Set(["connection", "upgrade", "accept-encoding", "host", "keep-alive", "transfer-encoding", "content-length"]);
const withoutHop = (headers) => Object.fromEntries(Object.entries(headers).filter(([name]) => !hop.has(name)));
const webSocketHop = (name) => hop.has(name) || name.startsWith("sec-websocket");

export class Line {
  /** The requests, in order: `{method, path, query, headers, body, status, answer}`; a WebSocket's method is "WS". */
  requests = [];
  /** The packets of Engine.IO from the client, and to it: `{via, packet}`, bytes as Buffer. */
  sent = [];
  got = [];
  /** Decides on requests: `(request) => answer`, see answerInstead; undefined lets it pass. */
  fault;
  /** Changes the server's answers, which it gets as `{headers, text}`. */
  rewrite = (answer) => answer;
  /** Whether what the server says is kept from the client, and that it has gone. */
  silent = false;
  /** Which packets on a WebSocket are kept from the client, as a regular expression. */
  hide;

  #target;
  #server;
  #port = 0;
  #host;
  #streams = new Set();
  #ended = new Set(); // the sessions that were cut
  #webSockets = new Set();
  #acceptor = new WebSocketServer({ noServer: true, handleProtocols: (protocols) => [...protocols][0] });

  /** Opens a line to the server at that URL. */
  static async to(target, host = "127.0.0.1") {
    const line = new Line();
    line.#target = new URL(target);
    line.#host = host;
    await line.listen();
    return line;
  }

  /** Where the client finds the line. */
  get url() {
    const host = this.#host.includes(":") ? `[${this.#host}]` : this.#host;
    return `http://${host}:${this.#port}`;
  }

  get port() {
    return this.#port;
  }

  /** The same line by the name localhost. */
  get localhost() {
    return `http://localhost:${this.#port}`;
  }

  async listen() {
    this.#server = http.createServer((request, response) => this.#request(request, response));
    this.#server.on("upgrade", (...args) => this.#upgrade(...args));
    this.#server.on("connection", (stream) => {
      this.#streams.add(stream);
      stream.on("close", () => this.#streams.delete(stream));
    });
    this.#server.listen(this.#port, this.#host);
    await once(this.#server, "listening");
    this.#port = this.#server.address().port;
  }

  /** Breaks all connections, and whatever else is asked of their sessions; new ones get through. */
  cut() {
    for (const { packet } of this.got) {
      const [, sid] = (typeof packet === "string" && packet.match(/^0{"sid":"([^"]+)"/)) || [];
      if (sid) this.#ended.add(sid);
    }
    for (const stream of this.#streams) stream.destroy();
  }

  /** Breaks all connections and refuses others. */
  async close() {
    if (!this.#server.listening) return;
    const closed = once(this.#server, "close");
    this.#server.close();
    this.cut();
    await closed;
  }

  /** Tells the client's WebSocket something in the server's name. */
  say(packet) {
    for (const webSocket of this.#webSockets) webSocket.send(packet);
  }

  /** Closes the client's WebSocket as a server does. */
  hangUp(code) {
    for (const webSocket of this.#webSockets) webSocket.close(code);
  }

  /** The packets from the client that match, as text. */
  sentLike(pattern) {
    return this.sent.map(({ packet }) => packet).filter((packet) => typeof packet === "string" && pattern.test(packet));
  }

  /** Waits until n packets from the client match; resolves with them. */
  async hears(pattern, n = 1) {
    await until(`${n} packets like ${pattern} from the client`, () => this.sentLike(pattern).length >= n);
    return this.sentLike(pattern);
  }

  /** Waits until n packets to the client match. */
  async tells(pattern, n = 1) {
    const like = () => this.got.filter(({ packet }) => typeof packet === "string" && pattern.test(packet));
    await until(`${n} packets like ${pattern} from the server`, () => like().length >= n);
    return like();
  }

  /** Waits until n requests are like that; resolves with them. */
  async asked(accept, n = 1) {
    await until(`${n} requests`, () => this.requests.filter(accept).length >= n);
    return this.requests.filter(accept);
  }

  #note(request, method) {
    const url = new URL(request.url, "http://line");
    const { headers } = request;
    const noted = { method, path: url.pathname, query: Object.fromEntries(url.searchParams), headers, url: request.url };
    this.requests.push(noted);
    return noted;
  }

  async #request(request, response) {
    const noted = this.#note(request, request.method);
    const body = await readAll(request).catch(() => undefined);
    if (body === undefined) return;
    noted.body = body.toString();
    if (request.method === "POST") this.#record(this.sent, noted.body);
    const answer = this.#ended.has(noted.query.sid) ? "cut" : await this.fault?.(noted);
    if (answer) return answerInstead(answer, response);
    this.#forward(request, response, body, noted);
  }

  #record(list, payload) {
    for (const packet of payload.split(SEPARATOR)) list.push({ via: "polling", packet });
  }

  #forward(request, response, body, noted) {
    const headers = withoutHop(request.headers);
    if (body.length > 0) headers["content-length"] = body.length;
    const onward = http.request(new URL(request.url, this.#target), { method: request.method, headers, agent: false });
    response.on("close", () => onward.destroy());
    onward.on("error", () => response.destroy());
    onward.on("response", async (answer) => {
      const body = await readAll(answer).catch(() => undefined);
      if (body === undefined || this.silent) return;
      const { headers, text } = this.rewrite({ headers: withoutHop(answer.headers), text: body.toString() });
      noted.answer = text;
      noted.status = answer.statusCode;
      if (request.method === "GET" && answer.statusCode === 200) this.#record(this.got, text);
      response.writeHead(answer.statusCode, headers).end(text);
    });
    onward.end(body);
  }

  async #upgrade(request, stream, head) {
    const noted = this.#note(request, "WS");
    stream.on("error", () => {});
    const answer = await this.fault?.(noted);
    if (answer) return refuse(stream, answer);
    const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !webSocketHop(name)));
    const protocols = request.headers["sec-websocket-protocol"]?.split(/, */) ?? [];
    const onward = new WebSocket(new URL(request.url, this.#target), protocols, { headers, perMessageDeflate: false });
    onward.on("unexpected-response", (_, { statusCode }) => refuse(stream, { status: statusCode }));
    onward.on("error", () => stream.destroy());
    onward.on("upgrade", ({ statusCode }) => {
      noted.status = statusCode;
      this.#acceptor.handleUpgrade(request, stream, head, (inward) => this.#join(inward, onward));
    });
    stream.on("close", () => onward.terminate());
  }

  #join(inward, onward) {
    this.#webSockets.add(inward);
    inward.on("message", (data, isBinary) => {
      this.sent.push({ via: "websocket", packet: isBinary ? data : data.toString() });
      const send = () => onward.send(data, { binary: isBinary });
      if (onward.readyState === WebSocket.CONNECTING) onward.once("open", send);
      else if (onward.readyState === WebSocket.OPEN) send();
    });
    onward.on("message", (data, isBinary) => {
      if (this.silent || (!isBinary && this.hide?.test(data))) return;
      this.got.push({ via: "websocket", packet: isBinary ? data : data.toString() });
      inward.send(data, { binary: isBinary });
    });
    inward.on("close", () => {
      this.#webSockets.delete(inward);
      onward.close();
    });
    onward.on("close", (code) => {
      if (!this.silent) inward.close(code === 1005 || code === 1006 ? undefined : code);
    });
    inward.on("error", () => {});
  }
}

/**
 * Answers in the server's place: "cut" breaks the connection, "hang" never answers, and
 * `{status, headers, body}` is what is answered.
 */
function answerInstead(answer, response) {
  if (answer === "hang") return;
  if (answer === "cut") return response.destroy();
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

function refuse(stream, answer) {
  if (answer === "hang") return;
  if (answer === "cut") return stream.destroy();
  stream.end(`HTTP/1.1 ${answer.status} Refused\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

async function readAll(stream) {
  const parts = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}
