// @ts-check
// The choice of a namespace.

import { make } from "./elements.js";

const MOST = 500; // of those that are offered; a link may lead to any

/** @param {string} name */
const option = (name) => make("option", { value: name }, name);

/**
 * Offers the namespaces in a select and chooses one. Nothing is done while they stay the
 * same, so that nobody's choice is disturbed.
 *
 * @param {HTMLSelectElement} select
 * @param {string[]} names
 * @param {string} chosen is offered in any case
 */
export function offerNamespaces(select, names, chosen) {
  const offered = [...new Set([...names.slice(0, MOST), chosen])].sort();
  const before = [...select.options].map(({ value }) => value);
  if (offered.join("\n") !== before.join("\n")) select.replaceChildren(...offered.map(option));
  if (select.value !== chosen) select.value = chosen;
}
