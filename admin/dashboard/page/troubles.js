// @ts-check
// What is wrong, for somebody who has just been woken up.

/** @typedef {import("./types.js").Point} Point */
/** @typedef {import("./types.js").Refused} Refused */
/** @typedef {{ level: "bad" | "warn", text: string, view?: string }} Trouble */

const MINUTE_MS = 60_000;
const FEW = 20; // clients; their coming and going says nothing

/**
 * Lists what is wrong, the worst first. The texts have no figures in them: they are read
 * aloud when they change.
 *
 * @param {string[]} silent the nodes that don't answer
 * @param {Point[]} points
 * @param {Refused[]} refused the latest first
 * @returns {Trouble[]}
 */
export function troubles(silent, points, refused) {
  /** @type {Trouble[]} */
  const found = silent.map((node) => ({ level: "bad", text: `Node ${node} does not answer` }));
  const now = points[points.length - 1]?.at ?? 0;
  const lately = points.filter(({ at }) => at > now - MINUTE_MS);
  const most = lately.reduce((most, { clients }) => Math.max(most, clients), 0);
  if (most >= FEW && lately[lately.length - 1].clients < 0.8 * most) {
    found.push({ level: "bad", text: "More than a fifth of the clients left within a minute" });
  }
  if (lately.some(({ dropped }) => dropped > 0)) {
    found.push({ level: "warn", text: "Messages are being dropped, as their clients don’t take them" });
  }
  const latest = refused.find(({ ts }) => new Date(ts).getTime() > now - MINUTE_MS);
  if (latest) found.push({ level: "warn", text: `Requests are being refused: ${latest.reason}`, view: "refused" });
  return found;
}
