// @ts-check
// What is drawn, once per frame however often it has changed. Nothing draws elsewhere.

const BUDGET_MS = 6; // of the 16 that a frame has; the browser needs the rest

/** @type {Set<() => void>} */
const waiting = new Set();
let asked = false;

/**
 * Calls the function in the next frame, once, however often this is asked for until then.
 * What doesn't fit into the budget of a frame waits for the one after it. Nothing is drawn
 * while the page is hidden.
 *
 * @param {() => void} draw
 */
export function redraw(draw) {
  waiting.add(draw);
  if (asked) return;
  asked = true;
  requestAnimationFrame(run);
}

function run() {
  asked = false;
  const began = performance.now();
  for (const draw of [...waiting]) {
    if (performance.now() - began > BUDGET_MS) {
      redraw(draw); // which asks for a frame for all that still wait
      return;
    }
    waiting.delete(draw);
    draw();
  }
}
