// @ts-check
// What is to be seen, as the address of the page says behind its #: links and the browser's
// back button work, and a colleague can be sent one.

/** @typedef {import("./types.js").Place} Place */

/** @returns {Place} */
export function place() {
  const said = new URLSearchParams(location.hash.slice(1));
  const get = (/** @type {string} */ name, otherwise = "") => said.get(name) ?? otherwise;
  return { view: get("view", "overview"), nsp: get("nsp", "/"), id: get("id"), room: get("room"), search: get("search") };
}

/**
 * The address of a place, for a link.
 *
 * @param {Partial<Place>} there
 */
export function address(there) {
  const said = new URLSearchParams();
  for (const [name, value] of Object.entries(there)) if (value) said.set(name, value);
  return `#${said}`;
}

/**
 * Goes to a place without a step for the browser's back button, as a filter does while
 * somebody types.
 *
 * @param {Partial<Place>} there
 */
export const replacePlace = (there) => history.replaceState(null, "", address(there));
