import type { EngineOptions } from "./options.js";

/** The timers that were there when this was loaded. */
const first = { setTimeout, clearTimeout };

/** Calls a function after so many milliseconds, unless the function that it returns is called before. @internal */
export type Later = (action: () => void, milliseconds: number) => () => void;

/**
 * Timers by the functions that the page has now, which a test may have replaced, or by
 * the first ones.
 *
 * @internal
 */
export function timersOf(opts: EngineOptions): Later {
  const { setTimeout, clearTimeout } = opts.useNativeTimers ? first : globalThis;
  return (action, milliseconds) => {
    const timer = setTimeout(action, milliseconds);
    // Those of Node keep the program running, unless they are told not to.
    if (opts.autoUnref) (timer as { unref?: () => void }).unref?.();
    return () => clearTimeout(timer);
  };
}
