// The checks of the tests. A check that does not hold throws a Mismatch whose
// message is one line: what was looked at, what was expected, what came.

import { inspect, isDeepStrictEqual } from "node:util";

const SHOWN_CHARACTERS = 240;

export class Mismatch extends Error {}

/** Fails unless got and want are deeply and strictly equal. */
export function equal(got, want, what) {
  if (!isDeepStrictEqual(got, want)) {
    const at = firstDifference(got, want);
    throw new Mismatch(`${what}${at.path}: expected ${show(at.want)}, got ${show(at.got)}`);
  }
}

/** Fails unless the condition holds; the sentence says what was expected of what came. */
export function holds(condition, what, got) {
  if (!condition) throw new Mismatch(`expected ${what}, got ${show(got)}`);
}

/** Fails unless got equals one of the answers that the contract lets pass. */
export function oneOf(got, wants, what) {
  if (!wants.some((want) => isDeepStrictEqual(got, want))) {
    throw new Mismatch(`${what}: expected one of ${show(wants)}, got ${show(got)}`);
  }
}

/** Where two values that differ do so first: the path to it and both sides there. */
function firstDifference(got, want, path = "") {
  if (isContainer(got) && isContainer(want) && isDeepStrictEqual(Object.keys(got), Object.keys(want))) {
    for (const key of Object.keys(want)) {
      if (!isDeepStrictEqual(got[key], want[key])) return firstDifference(got[key], want[key], `${path}.${key}`);
    }
  }
  return { path, got, want };
}

const isContainer = (value) =>
  Array.isArray(value) || (value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype);

/** A value on one line, cut where it would fill the screen. */
export function show(value) {
  const line = inspect(value, { depth: 6, breakLength: Infinity, maxStringLength: SHOWN_CHARACTERS });
  const flat = line.replaceAll("\n", "\\n");
  return flat.length > SHOWN_CHARACTERS ? `${flat.slice(0, SHOWN_CHARACTERS)}…` : flat;
}
