// What the admin namespace sends, for the checker of types; browsers don't load it.

export interface Node {
  serverId: string;
  hostname: string;
  pid: number;
  /** In seconds. */
  uptime: number;
  healthy: boolean;
  clients: number;
  polling: number;
  websocket: number;
  webtransport: number;
}

export interface Rates {
  connects: number;
  disconnects: number;
  eventsIn: number;
  eventsOut: number;
  bytesIn: number;
  bytesOut: number;
}

export interface Overview {
  ts: number | string;
  nodes: Node[];
  namespaces: { name: string; sockets: number; rooms: number }[];
  rates: Rates;
  memory: { heap: number; rss?: number };
  /** Messages, since the servers began. */
  dropped: number;
}

export interface SerializedSocket {
  id: string;
  clientId: string;
  transport: string;
  nsp: string;
  data: unknown;
  handshake: {
    address: string;
    headers: Record<string, unknown>;
    query: Record<string, unknown>;
    issued: number;
    secure: boolean;
    time: string;
    url: string;
    xdomain: boolean;
  };
  rooms: string[];
}

export interface Watched {
  nsp: string;
  id: string;
  dir: "in" | "out";
  event: string;
  args: unknown[];
  ts: number | string;
  dropped?: number;
}

/** All requests that were refused for one reason within a second. */
export interface Refused {
  ts: number | string;
  code: number | string;
  reason: string;
  hint?: string;
  address: string;
  count: number;
}

export interface Config {
  supportedFeatures: string[];
  extensions?: string[];
}

/** One second of the overview, as the charts have it. */
export interface Point extends Rates {
  at: number;
  clients: number;
  /** Of all namespaces: a client has one in each that it has joined. */
  sockets: number;
  polling: number;
  websocket: number;
  webtransport: number;
  heap: number;
  rss: number;
  /** Messages per second that clients did not take. */
  dropped: number;
}

/** What the address of the page, behind its #, says is to be seen. */
export interface Place {
  view: string;
  nsp: string;
  id: string;
  room: string;
  search: string;
}
