import { decodePacket, encodePacket, type EnginePacket } from "./engine-packet.js";
import { responseError, TransportError } from "./errors.js";
import { Transport } from "./transport.js";

/** What stands between the packets of one body. */
const separator = "\x1e";

/**
 * HTTP long-polling: one GET after the other waits for packets, a POST carries what is
 * sent. The server allows one of each at a time.
 */
export class Polling extends Transport {
  get name(): string {
    return "polling";
  }

  /** Ends the requests that are under way. @internal */
  _abort = new AbortController();

  /** The last GET, and the last POST. @internal */
  _reading?: Promise<void>;
  /** @internal */
  _writing?: Promise<void>;

  /** @internal */
  _connect(): void {
    this._reading = this._poll();
  }

  /** Waits until nothing is under way; then the session may go on over another transport. @internal */
  async _pause(): Promise<void> {
    this.readyState = "pausing";
    await Promise.all([this._reading, this._writing]);
    if (this.readyState === "pausing") this.readyState = "paused";
  }

  /** Goes on after a pause. @internal */
  _resume(): void {
    this.readyState = "open";
    this._reading = this._poll();
  }

  /** @internal */
  async _poll(): Promise<void> {
    do {
      const body = await this._request("xhr poll error");
      if (body === undefined) return;
      for (const part of body.split(separator)) {
        const packet = decodePacket(part);
        if (this.readyState === "opening" && packet.type === "open") this._opened();
        if (packet.type === "close") {
          // What came before it is handled first.
          await null;
          return this._closed({ description: "transport closed by the server" });
        }
        this.emit("packet", packet);
      }
    } while (this.readyState === "open" || this.readyState === "opening");
  }

  /** @internal */
  _write(packets: EnginePacket[]): void {
    this._writing = this._post(packets);
  }

  /** @internal */
  async _post(packets: EnginePacket[]): Promise<void> {
    const parts = await Promise.all(packets.map((packet) => encodePacket(packet, true)));
    if ((await this._request("xhr post error", parts.join(separator))) !== undefined) this._drained();
  }

  /** Returns the body of the answer, or nothing once the transport has failed or is closed. @internal */
  async _request(failure: string, body?: string): Promise<string | undefined> {
    const { requestTimeout, extraHeaders, withCredentials } = this.opts;
    const timer = requestTimeout && setTimeout(() => this._abort.abort(), requestTimeout);
    try {
      const response = await fetch(this._uri("http"), {
        method: body === undefined ? "GET" : "POST",
        body,
        headers: extraHeaders,
        credentials: withCredentials ? "include" : "same-origin",
        cache: "no-store",
        signal: this._abort.signal,
      });
      const text = await response.text();
      if (!response.ok) this._failed(responseError(failure, response, text));
      else if (this.readyState !== "closed") return text;
    } catch (error) {
      this._failed(new TransportError(failure, 0, error));
    } finally {
      clearTimeout(timer as number);
    }
  }

  /** @internal */
  _disconnect(inOrder: boolean): void {
    const abort = () => this._abort.abort();
    if (!inOrder || this.readyState === "opening") return abort();
    // The server answers the GET that waits; only then nothing is cut off on its side.
    fetch(this._uri("http"), {
      method: "POST",
      body: "1",
      keepalive: true,
      headers: this.opts.extraHeaders,
      credentials: this.opts.withCredentials ? "include" : "same-origin",
    }).then(abort, abort);
  }
}
