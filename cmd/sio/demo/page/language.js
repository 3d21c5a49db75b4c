// The page's language: everything it says is in strings.json.

const tables = await (await fetch("strings.json")).json();

const isKnown = (tag) => Object.hasOwn(tables, tag);

let language = [localOf("language"), ...navigator.languages.map((tag) => tag.slice(0, 2))].find(isKnown) ?? "en";

/** What the page says for this key, with the values in place of their names. */
export function say(key, values = {}) {
  return tables[language][key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Shows a text in an element, also when the language changes; returns the element. */
export function show(element, key, values = {}) {
  element.dataset.text = key;
  element.dataset.values = JSON.stringify(values);
  element.textContent = say(key, values);
  return element;
}

/** The time of day as it is written in the language. */
export const timeOf = (date) => date.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

/** Speaks this language from now on, or the one that is chosen. */
export function speak(chosen = language) {
  language = chosen;
  document.documentElement.lang = language;
  for (const element of document.querySelectorAll("[data-text]")) {
    element.textContent = say(element.dataset.text, JSON.parse(element.dataset.values ?? "{}"));
  }
  for (const element of document.querySelectorAll("[data-label]")) element.setAttribute("aria-label", say(element.dataset.label));
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = say(element.dataset.placeholder);
  document.title = say("title");
}

/** The language that is spoken. */
export const spoken = () => language;

/** What this browser has kept; undefined where it keeps nothing. */
export function localOf(key) {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a value for the next visit, if this browser keeps any. */
export function keep(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is blocked: the next visit begins from nothing.
  }
}
