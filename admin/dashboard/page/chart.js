// @ts-check
// Lines and areas over time, on a canvas: up to ten minutes, or what there is of them.

import { minuteOfDay, timeOfDay } from "./figures.js";
import { SPAN_MS } from "./history.js";

/** @typedef {import("./types.js").Point} Point */
/**
 * @typedef {object} Series
 * @property {string} name
 * @property {(point: Point) => number} value
 * @property {string} color the name of a colour of style.css
 * @property {boolean} [rare] whether its name is only there while there is something of it
 */

const GAP_MS = 5000; // between two points; a longer silence is a gap in the lines
const ROOM = 1.2; // above the highest line, for the word that says how high that is
const APART = 3; // pixels between two samples; what comes closer is averaged
const LEAST_SPAN_MS = 10_000; // of the axis, also while there is less to be seen
const WORD = 90; // pixels that a time below the axis has
const BELOW = 14; // pixels for the times

/** Colours of style.css, read anew when the page becomes dark or light. @type {Map<string, string>} */
const colors = new Map();
const dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => colors.clear());

/** @param {string} name */
function color(name) {
  let found = colors.get(name);
  if (!found) colors.set(name, (found = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()));
  return found;
}

/**
 * The next round number that is not below n; its half is round, too.
 *
 * @param {number} n
 */
function roundUp(n) {
  const unit = 10 ** Math.floor(Math.log10(Math.max(n, 1)));
  return (/** @type {number} */ ([1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].find((step) => step * unit >= n))) * unit;
}

export class Chart {
  #canvas;
  #series;
  #stacked;
  #format;
  #size = { width: 0, height: 0 };
  #onPoint;
  /** @type {number | undefined} */
  #pointer;

  /**
   * @param {HTMLCanvasElement} canvas
   * @param {object} options
   * @param {Series[]} options.series
   * @param {boolean} [options.stacked] whether each is drawn on top of the one before
   * @param {(n: number) => string} options.format
   * @param {() => void} options.onChange is called when it has to be drawn anew
   * @param {(point: Point | undefined) => void} options.onPoint is called in a drawing with the point below the pointer
   */
  constructor(canvas, { series, stacked = false, format, onChange, onPoint }) {
    this.#canvas = canvas;
    this.#series = series;
    this.#stacked = stacked;
    this.#format = format;
    this.#onPoint = onPoint;
    new ResizeObserver(([{ contentRect }]) => {
      this.#size = contentRect;
      onChange();
    }).observe(canvas);
    dark.addEventListener("change", onChange);
    canvas.addEventListener("pointermove", ({ offsetX }) => {
      this.#pointer = offsetX;
      onChange();
    });
    canvas.addEventListener("pointerleave", () => {
      this.#pointer = undefined;
      onChange();
    });
  }

  /** @param {Point[]} points oldest first */
  draw(points) {
    const { width, height } = this.#size;
    const context = this.#canvas.getContext("2d");
    if (!context || width === 0) return;
    const ratio = devicePixelRatio || 1;
    const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
    if (this.#canvas.width !== pixels[0] || this.#canvas.height !== pixels[1]) [this.#canvas.width, this.#canvas.height] = pixels;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);

    const end = points[points.length - 1]?.at ?? Date.now();
    const span = Math.min(Math.max(end - (points[0]?.at ?? end), LEAST_SPAN_MS), SPAN_MS);
    const samples = this.#sample(points, Math.max(1000, (span / width) * APART));
    const highest = samples.reduce((most, { tops }) => Math.max(most, ...tops), 0);
    const top = roundUp(highest * ROOM);
    const floor = height - BELOW;
    const plot = {
      context,
      width,
      floor,
      x: (/** @type {number} */ at) => width - ((end - at) / span) * width,
      y: (/** @type {number} */ value) => floor - (value / top) * (floor - 4),
    };
    this.#grid(plot, top);
    this.#lines(plot, samples);
    this.#words(plot, top);
    timesBelow(plot, end, span);
    this.#marker(plot, points);
  }

  /**
   * What is drawn of the points: the averages of periods that begin at the same times in
   * each drawing, so that the lines move and do not flicker.
   *
   * @param {Point[]} points
   * @param {number} period in milliseconds
   */
  #sample(points, period) {
    /** @type {Sample[]} */
    const samples = [];
    let from = 0;
    points.forEach((point, i) => {
      const next = points[i + 1];
      if (next && Math.floor(next.at / period) === Math.floor(point.at / period)) return;
      const some = points.slice(from, i + 1);
      from = i + 1;
      let sum = 0;
      const tops = this.#series.map(({ value }) => {
        const average = some.reduce((all, point) => all + value(point), 0) / some.length;
        return (sum = this.#stacked ? sum + average : average);
      });
      samples.push({ from: some[0].at, to: point.at, tops });
    });
    return samples;
  }

  /**
   * @param {Plot} plot
   * @param {number} top
   */
  #grid({ context, width, y }, top) {
    context.strokeStyle = color("edge");
    context.lineWidth = 1;
    context.beginPath();
    for (const value of [0, top / 2, top]) {
      const at = Math.round(y(value)) + 0.5;
      context.moveTo(0, at);
      context.lineTo(width, at);
    }
    context.stroke();
  }

  /**
   * @param {Plot} plot
   * @param {Sample[]} samples
   */
  #lines({ context, x, y }, samples) {
    const across = samples.map(({ from, to }, i) => x(i === samples.length - 1 ? to : (from + to) / 2));
    this.#series.forEach(({ color: name }, series) => {
      const below = (/** @type {number} */ i) => (this.#stacked && series > 0 ? samples[i].tops[series - 1] : 0);
      if (samples.every(({ tops }, i) => tops[series] === below(i))) return; // nothing to be seen
      context.strokeStyle = context.fillStyle = color(name);
      context.lineWidth = 1.5;
      for (const [from, to] of unbroken(samples)) {
        const line = new Path2D();
        for (let i = from; i <= to; i++) line.lineTo(across[i], y(samples[i].tops[series]));
        context.stroke(line);
        if (!this.#stacked) continue;
        for (let i = to; i >= from; i--) line.lineTo(across[i], y(below(i)));
        context.globalAlpha = 0.25;
        context.fill(line);
        context.globalAlpha = 1;
      }
    });
  }

  /**
   * @param {Plot} plot
   * @param {number} top
   */
  #words({ context, y }, top) {
    context.font = "10px system-ui, sans-serif";
    context.strokeStyle = color("card");
    context.lineWidth = 3;
    context.lineJoin = "round";
    context.fillStyle = color("faint");
    context.textAlign = "left";
    for (const value of [top / 2, top]) {
      context.strokeText(this.#format(value), 2, y(value) + 11);
      context.fillText(this.#format(value), 2, y(value) + 11);
    }
  }

  /**
   * @param {Plot} plot
   * @param {Point[]} points
   */
  #marker({ context, floor, x }, points) {
    const pointer = this.#pointer;
    const near = pointer === undefined ? undefined : points.findLast((point) => x(point.at) <= pointer + 1) ?? points[0];
    this.#onPoint(near);
    if (!near) return;
    context.fillStyle = color("ink");
    context.fillRect(Math.round(x(near.at)), 0, 1, floor);
  }
}

/**
 * Writes round times below the axis.
 *
 * @param {Plot} plot
 * @param {number} end
 * @param {number} span
 */
function timesBelow({ context, width, floor, x }, end, span) {
  const step = [2_000, 5_000, 10_000, 30_000, 60_000, 120_000, 300_000].find((step) => (step / span) * width >= WORD) ?? SPAN_MS;
  const write = step < 60_000 ? timeOfDay : minuteOfDay;
  context.textAlign = "center";
  for (let at = Math.floor(end / step) * step; x(at) > WORD / 4; at -= step) {
    if (x(at) < width - WORD / 4) context.fillText(write(at), x(at), floor + 12);
  }
}

/**
 * The stretches without a gap, each by its first and its last sample.
 *
 * @param {Sample[]} samples
 */
function unbroken(samples) {
  /** @type {[number, number][]} */
  const stretches = [];
  samples.forEach((sample, i) => {
    const last = stretches[stretches.length - 1];
    if (last && sample.from - samples[i - 1].to <= GAP_MS) last[1] = i;
    else stretches.push([i, i]);
  });
  return stretches;
}

/**
 * @typedef {object} Sample
 * @property {number} from
 * @property {number} to
 * @property {number[]} tops where each series is drawn; where they are stacked, on top of the one before
 */
/**
 * @typedef {object} Plot
 * @property {CanvasRenderingContext2D} context
 * @property {number} width
 * @property {number} floor where zero is
 * @property {(at: number) => number} x
 * @property {(value: number) => number} y
 */
