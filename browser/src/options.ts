import type { TransportClass } from "./transport.js";
import type { Parser } from "./packet.js";

/** What is appended to the address of the server. */
export type Query = Record<string, any>;

export type TransportName = "polling" | "websocket" | "webtransport";

/** Options of the connection itself. */
export interface EngineOptions {
  /** The server's host; default: the one of the URI or of the page. */
  host?: string;
  hostname?: string;
  port?: string | number;
  secure?: boolean;

  /** The path the server listens at; default "/socket.io". */
  path?: string;

  /** Whether the path gets a slash at its end; default true. */
  addTrailingSlash?: boolean;

  /** What is sent with the address; that of the URI comes first. Changes count at the next connection. */
  query?: Query;

  /** Which transports to use, in this order; default all, polling first. */
  transports?: (TransportName | TransportClass)[];

  /** Transports by their classes; not together with `transports`. */
  transportImplementations?: TransportClass[];

  /** Whether the next transport is tried if the connection cannot be opened over one; default false. */
  tryAllTransports?: boolean;

  /** Whether polling gives way to a better transport when there is one; default true. */
  upgrade?: boolean;

  /** Whether to begin with WebSocket after it has worked once, in this page; default false. */
  rememberUpgrade?: boolean;

  /** Whether binary messages travel as text; default false. */
  forceBase64?: boolean;

  /** Whether requests carry a random parameter; default: those of polling do. */
  timestampRequests?: boolean;

  /** The name of that parameter; default "t". */
  timestampParam?: string;

  /** How long one HTTP request may take, in milliseconds; default: without limit. */
  requestTimeout?: number;

  /** Options for one transport; of "webtransport", those of its constructor. */
  transportOptions?: { [name: string]: any };

  /** Whether cookies go to another origin as well; default false. */
  withCredentials?: boolean;

  /** Further headers. Of a WebSocket only some constructors take them, never a browser's. */
  extraHeaders?: { [header: string]: string };

  /** Whether the connection is closed without an event when the page is left; default false. */
  closeOnBeforeunload?: boolean;

  /** Whether to keep to the timers that were there when this was loaded; default: those that are there now. */
  useNativeTimers?: boolean;

  /** Whether a program in Node may end while timers of the client run; default false. */
  autoUnref?: boolean;

  /** Sub-protocols of the WebSocket; default none. */
  protocols?: string | string[];

  /** The constructor of WebSockets where there is no global one, such as that of the package "ws". */
  WebSocket?: new (url: string, protocols?: string | string[], options?: any) => WebSocket;
}

/** Options of a {@link Manager}. */
export interface ManagerOptions extends EngineOptions {
  /** Whether to reconnect when the connection is lost or could not be made; default true. */
  reconnection?: boolean;

  /** After how many attempts in a row to give up; default never. */
  reconnectionAttempts?: number;

  /** How long to wait before the first attempt, in milliseconds; default 1000. */
  reconnectionDelay?: number;

  /** How long to wait at most, in milliseconds; default 5000. */
  reconnectionDelayMax?: number;

  /** By which part of itself a wait is longer or shorter, from 0 to 1; default 0.5. */
  randomizationFactor?: number;

  /** How long an attempt to connect may take, in milliseconds; default 20000, `false` is without limit. */
  timeout?: number | false;

  /** Whether to connect at once; default true. */
  autoConnect?: boolean;

  /** How packets are encoded; the server must have the same. */
  parser?: Parser;
}

/** What a client says of itself to a namespace. */
export type Auth = { [key: string]: any };

/** Options of a {@link Socket}. */
export interface SocketOptions {
  /**
   * What is sent when connecting: an object, or a function that is asked each time. It
   * may take a callback, or return the object or a promise of it.
   */
  auth?: Auth | ((callback: (auth: Auth) => void) => unknown);

  /** How often an event is sent again when it is not acknowledged in time; default 0. */
  retries?: number;

  /** How long an acknowledgement is waited for, in milliseconds; default: without limit. */
  ackTimeout?: number;
}

/** Options of {@link io}. */
export interface IoOptions extends ManagerOptions, SocketOptions {
  /** Whether to make a connection of its own; default false. */
  forceNew?: boolean;

  /** Whether namespaces of one server share a connection; default true. */
  multiplex?: boolean;
}
