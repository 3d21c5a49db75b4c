// @ts-check
// Numbers, times and values as people read them.

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const tenths = new Intl.NumberFormat("en", { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const minutes = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** @param {number} n */
export const count = (n) => (n > 0 && n < 10 ? fine : whole).format(n);

/** @param {number} n of bytes */
export function bytes(n) {
  for (const unit of ["B", "KB", "MB", "GB"]) {
    if (n < 1000) return `${(unit !== "B" && n < 100 ? tenths : whole).format(n)} ${unit}`;
    n /= 1000;
  }
  return `${tenths.format(n)} TB`;
}

/** @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  return s < 86_400 ? inTwo(s, 3600, "h", 60, "min") : inTwo(s, 86_400, "d", 3600, "h");
}

/**
 * @param {number} n
 * @param {number} large
 * @param {string} itsName
 * @param {number} small
 * @param {string} smallName
 */
function inTwo(n, large, itsName, small, smallName) {
  const rest = Math.floor((n % large) / small);
  return `${Math.floor(n / large)} ${itsName}${rest > 0 ? ` ${rest} ${smallName}` : ""}`;
}

/** @param {number | string} ts milliseconds since 1970, or ISO 8601 */
export const milliseconds = (ts) => new Date(ts).getTime() || 0;

/** @param {number | string} ts */
export const timeOfDay = (ts) => clock.format(milliseconds(ts));

/** @param {number | string} ts */
export const minuteOfDay = (ts) => minutes.format(milliseconds(ts));

/**
 * A time of the day with its thousandths.
 *
 * @param {number | string} ts
 */
export const exactTime = (ts) => `${timeOfDay(ts)}.${String(milliseconds(ts) % 1000).padStart(3, "0")}`;

/**
 * Any value as one line of JSON, cut where it would fill the page.
 *
 * @param {unknown} value
 * @param {number} limit in characters
 */
export function line(value, limit) {
  const json = JSON.stringify(value) ?? "";
  return json.length > limit ? `${json.slice(0, limit)}…` : json;
}

/** The names of transports as people write them. */
const transports = new Map([
  ["websocket", "WebSocket"],
  ["polling", "polling"],
  ["webtransport", "WebTransport"],
]);

/** @param {string} name */
export const transport = (name) => transports.get(name) ?? name;
