import { Manager } from "./manager.js";
import type { IoOptions } from "./options.js";
import type { Socket } from "./socket.js";
import { parseAddress, queryOf } from "./url.js";

/** The managers whose connections are shared, by where they lead to. */
const managers: Record<string, Manager> = {};

/**
 * Returns the socket of a namespace: of "https://host/chat", of "/chat" or, without a URI,
 * the main one of the host of this page. Those of one server share a connection.
 */
export function io(opts?: IoOptions): Socket;
export function io(uri?: string, opts?: IoOptions): Socket;
export function io(uri?: string | IoOptions, opts: IoOptions = {}): Socket {
  if (uri && typeof uri === "object") return io("", uri);
  const address = parseAddress(uri);
  const { source, origin, path } = address;
  const key = origin + (opts.path || "/socket.io");
  const own = opts.forceNew || (!LITE && (opts as any)["force new connection"]) || opts.multiplex === false;
  // A namespace that is there already is asked for a second time: somebody wants another socket.
  const manager = own || managers[key]?.nsps[path] ? new Manager(source, opts) : (managers[key] ||= new Manager(source, opts));
  if (!LITE) opts.query ||= queryOf(address, opts);
  return manager.socket(path, opts);
}

export { Manager };
export { protocol } from "./packet.js";
export { Socket } from "./socket.js";
export { TransportError } from "./errors.js";
