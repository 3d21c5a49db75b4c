/** In the lite build timers are those that the page has. */
import type { Later } from "./timers.js";
export type { Later };
