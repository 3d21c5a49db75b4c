import { Manager } from "./manager.js";
import type { IoOptions } from "./options.js";
import { protocol } from "./packet.js";
import { Socket } from "./socket.js";
import { parseAddress, queryOf } from "./url.js";

/** The managers whose connections are shared, by where they lead to. */
const managers: Record<string, Manager> = {};

/**
 * Returns the socket of a namespace: of "https://host/chat", of "/chat" or, without a URI,
 * the main one of the host of this page. Those of one server share a connection.
 */
function lookup(opts?: IoOptions): Socket;
function lookup(uri?: string, opts?: IoOptions): Socket;
function lookup(uri?: string | IoOptions, opts: IoOptions = {}): Socket {
  if (uri && typeof uri === "object") return lookup("", uri);
  const address = parseAddress(uri);
  const { source, origin, path } = address;
  const key = origin + (opts.path || "/socket.io");
  const own = opts.forceNew || opts.multiplex === false || (!LITE && (opts as any)["force new connection"]);
  // A namespace that is there already is asked for a second time: somebody wants another socket.
  const manager = own || managers[key]?.nsps[path] ? new Manager(source, opts) : (managers[key] ||= new Manager(source, opts));
  if (!LITE) opts.query ||= queryOf(address, opts);
  return manager.socket(path, opts);
}

/** The function, which carries itself under other names, and the classes. */
export const io = (
  LITE
    ? lookup
    : /* @__PURE__ */ Object.assign(lookup, { io: lookup, connect: lookup, default: lookup, Manager, Socket, protocol })
) as Io;

export interface Io {
  (opts?: IoOptions): Socket;
  (uri?: string, opts?: IoOptions): Socket;
  io: Io;
  connect: Io;
  default: Io;
  Manager: typeof Manager;
  Socket: typeof Socket;
  protocol: number;
}

export { Manager };
export { protocol, Socket };
export { TransportError } from "./errors.js";
