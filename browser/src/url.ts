import type { EngineOptions, Query } from "./options.js";

/** A URI of a server, taken apart. @internal */
export interface Address {
  /** The URI, complete with scheme and host. */
  source: string;

  /** Scheme and host, and the port unless it is the scheme's own. */
  origin: string;

  /** The path as it was written, which is the name of a namespace. */
  path: string;
  query: string;
}

/**
 * Takes a URI apart. What it does not say comes from the page it runs in: the scheme of
 * "//host" and "host", and the host as well of "/path" and of no URI at all.
 *
 * @internal
 */
export function parseAddress(uri?: string): Address {
  uri ||= "/";
  if (!LITE && uri.length > 8000) throw new Error("the URI is too long");
  // By itself, a host would be a path, and with a port a scheme.
  if (!/^(\w+:)?\//.test(uri)) uri = "//" + uri;
  const { protocol, host, search } = new URL(uri, globalThis.location?.href || "https://localhost");
  const rest = uri.replace(/^(\w+:)?\/\/[^/?#]*/, "");
  const origin = `${protocol}//${host}`;
  return {
    source: origin + rest,
    origin,
    path: rest.replace(/[?#].*/, "") || "/",
    query: search.slice(1),
  };
}

/** What stands behind "http" or "ws" in the URLs of a connection, up to their query. @internal */
export function targetOf({ origin }: Address, opts: EngineOptions): string {
  const path = (opts.path || "/socket.io").replace(/\/$/, "");
  return origin.replace(/^(http|ws)/, "") + path + (!LITE && opts.addTrailingSlash === false ? "" : "/");
}

/** What is appended to the address: what the URI says or, if nothing, what the options say. @internal */
export function queryOf({ query }: Address, opts: EngineOptions): Query | undefined {
  return query ? Object.fromEntries(new URLSearchParams(query)) : opts.query;
}
