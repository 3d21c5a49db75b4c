/** What the client wants to know of the page or worker it runs in. */

/**
 * Listens to events of the page or worker until the function that is returned is called.
 * Does nothing where there are none, as in Node, and in service workers: these accept
 * listeners only while their script is first run.
 *
 * @internal
 */
export function watchPage(events: string[], listener: (event: Event) => void): () => void {
  const target = globalThis as typeof globalThis & { skipWaiting?: unknown };
  const each = (action: "addEventListener" | "removeEventListener") => {
    if (target[action] && !target.skipWaiting) events.forEach((event) => target[action](event, listener));
  };
  each("addEventListener");
  return () => each("removeEventListener");
}

/** The events after which somebody may be back; in the lite build, when there is a network again. @internal */
export const returning = LITE ? ["online"] : ["online", "pageshow", "visibilitychange"];

/** Whether one of these events tells of a return, not of a page that is being hidden. @internal */
export function isReturn(event: Event): boolean {
  return event.type !== "visibilitychange" || document.visibilityState === "visible";
}

/** Whether a WebSocket has worked in this page; see the option rememberUpgrade. @internal */
export const remembered = { websocket: false };
