/** In the lite build timers are those that the page has. */

import type { Later } from "./timers.js";

export type { Later };

/** @internal */
export const timersOf = (_opts: unknown): Later => (action, milliseconds) => {
  const timer = setTimeout(action, milliseconds);
  return () => clearTimeout(timer);
};
