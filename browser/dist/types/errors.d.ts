/**
 * Why a connection could not be made or was lost: the error of `connect_error`, and of
 * `disconnect` where the reason is "transport error".
 */
export declare class TransportError extends Error {
    readonly description?: unknown | undefined;
    readonly context?: unknown | undefined;
    readonly type = "TransportError";
    /** The number of the server's refusal, 0 to 5, where it gave one. */
    code?: number | string;
    /** The server's refusal as it was answered, where it gave one. */
    data?: {
        code: number;
        message: string;
    };
    /**
     * @param message what failed, or the server's own words where it refused
     * @param description the status of the HTTP response, an event, or an error
     * @param context the HTTP response, with its body as `responseText`
     */
    constructor(message: string, description?: unknown | undefined, context?: unknown | undefined);
}
/** What `disconnect` tells beside the reason, if it is no error. */
export interface DisconnectDetails {
    description: string;
    context?: unknown;
}
