/** A URI of a server, taken apart. @internal */
export interface Address {
  /** The URI, complete with scheme and host. */
  source: string;
  secure: boolean;
  hostname: string;
  port: string;
  path: string;
  query: string | undefined;
}

/** Host, port, path and query; a hash is left out. The host may be an IPv6 address in brackets. */
const pattern = /^(?:(https?|wss?):)?\/\/([^/?#]*?)(?::(\d+))?(\/[^?#]*)?(?:\?([^#]*))?(?:#.*)?$/;

/**
 * Takes a URI apart. What it does not say comes from the page it runs in: the scheme of
 * "//host" and "host", and the host as well of "/path" and of no URI at all.
 *
 * @internal
 */
export function parseAddress(uri: string | undefined): Address {
  const page = globalThis.location as Location | undefined;
  const scheme = page?.protocol || "https:";
  let source = uri || "/";
  if (source.length > 8000) throw new Error("the URI is too long");
  if (/^\/(?!\/)/.test(source)) source = `//${page?.host}${uri || ""}`;
  if (source.startsWith("//")) source = scheme + source;
  if (!/^(https?|wss?):\/\//.test(source)) source = `${scheme}//${source}`;
  const [, protocol, hostname, port, path, query] = pattern.exec(source) || [];
  const secure = /s$/.test(protocol || scheme.slice(0, -1));
  return { source, secure, hostname: hostname!, port: port || (secure ? "443" : "80"), path: path || "/", query };
}
