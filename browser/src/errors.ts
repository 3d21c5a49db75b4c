/**
 * Why a connection could not be made or was lost: the error of `connect_error`, and of
 * `disconnect` where the reason is "transport error".
 */
export class TransportError extends Error {
  readonly type = "TransportError";

  /** The number of the server's refusal, 0 to 5, where it gave one. */
  code?: number | string;

  /** The server's refusal as it was answered, where it gave one. */
  data?: { code: number; message: string };

  /**
   * @param message what failed, or the server's own words where it refused
   * @param description the status of the HTTP response, an event, or an error
   * @param context the HTTP response, with its body as `responseText`
   */
  constructor(
    message: string,
    readonly description?: unknown,
    readonly context?: unknown,
  ) {
    super(message);
  }
}

/** What `disconnect` tells beside the reason, if it is no error. */
export interface DisconnectDetails {
  description: string;
  context?: unknown;
}

/**
 * The error of a response that is no success. A server of Engine.IO says why in JSON,
 * everybody else (a proxy, another program) whatever it likes.
 *
 * @internal
 */
export function responseError(message: string, response: Response, responseText: string): TransportError {
  const context = Object.assign(response, { responseText });
  try {
    const data = JSON.parse(responseText);
    if (typeof data.message === "string") {
      return Object.assign(new TransportError(data.message, response.status, context), { code: data.code, data });
    }
  } catch {
    // Not from a server of Engine.IO.
  }
  return new TransportError(message, response.status, context);
}
