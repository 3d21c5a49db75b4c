// How long a page's script runs in each frame, by a trace of Chromium.

/** Events of the main thread that are script, or hold it. */
const scripts = new Set(["EvaluateScript", "EventDispatch", "FireAnimationFrame", "FunctionCall", "RunMicrotasks", "TimerFire", "v8.compile"]);

const MARK = "the page that is measured";

/**
 * Runs the function, and resolves with the milliseconds of script in each frame meanwhile.
 * They are of processor time: what the page takes, however busy the machine is. A frame goes
 * from one drawing of the page to the next, and each of them is drawn.
 */
export async function scriptPerFrame(page, f) {
  const events = await page.trace(["devtools.timeline", "disabled-by-default-devtools.timeline"], async () => {
    await page.run((mark) => {
      console.timeStamp(mark);
      const again = () => requestAnimationFrame(again);
      again();
    }, MARK);
    await f();
  });
  const mark = events.find(({ name, args }) => name === "TimeStamp" && args.data.message === MARK);
  const own = events.filter(({ pid, tid, ph, ts }) => pid === mark.pid && tid === mark.tid && ph === "X" && ts >= mark.ts);
  own.sort((a, b) => a.ts - b.ts || b.dur - a.dur);
  return framesOf(own);
}

/** Adds up the events that are script, and not part of one that is, between drawings. */
function framesOf(events) {
  const frames = [0];
  let end = 0;
  for (const { name, ts, dur, tdur } of events) {
    if (name === "PrePaint") frames.push(0); // once in each drawing, after its script
    if (!scripts.has(name) || ts < end) continue;
    end = ts + dur;
    frames[frames.length - 1] += (tdur ?? dur) / 1000; // without processor time: by the clock
  }
  return frames;
}

/** The value that so many of them, of 1, are not above. */
export function quantile(values, q) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}
