// @ts-check
// Elements of the page. Values of the server become text here and never markup.

import { redraw } from "./frames.js";

/**
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export const byId = (id) => /** @type {T} */ (document.getElementById(id));

/**
 * Makes an element. An attribute that is true has no value, and one that is false or
 * undefined is left out; children that are strings become text.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, string | boolean | undefined>} [attributes]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * @param {string} text
 * @param {() => void} onClick
 * @param {Record<string, string>} [attributes]
 */
export function button(text, onClick, attributes = {}) {
  const made = make("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", onClick);
  return made;
}

/**
 * Sets the text of an element that holds nothing but text, and leaves it alone if it is so
 * already: a browser would lay it out anew.
 *
 * @param {Element} element
 * @param {string | number} text
 */
export function setText(element, text) {
  const wanted = String(text);
  if (element.textContent !== wanted) element.textContent = wanted;
}

/**
 * Sets an attribute, or removes it where the value is undefined.
 *
 * @param {Element} element
 * @param {string} name
 * @param {string | undefined} value
 */
export function setAttribute(element, name, value) {
  if (value === undefined) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

const ROWS_PER_FRAME = 25;

/**
 * Rows of a table, or items of a list. They are kept and filled anew, so focus stays where
 * it is and a refresh costs what has changed. A long list takes several frames.
 *
 * @template T
 */
export class Rows {
  #parent;
  #make;
  /** @type {{ root: HTMLElement, show: (item: T) => void }[]} */
  #rows = [];
  /** What the rows are to show, and how many do already. @type {T[]} */
  #items = [];
  #shown = 0;

  /**
   * @param {HTMLElement} parent
   * @param {() => { root: HTMLElement, show: (item: T) => void }} make makes one row
   */
  constructor(parent, make) {
    this.#parent = parent;
    this.#make = make;
  }

  /** @param {T[]} items */
  show(items) {
    while (this.#rows.length > items.length) this.#rows.pop()?.root.remove();
    this.#items = items;
    this.#shown = 0;
    this.#showSome();
  }

  #showSome = () => {
    for (const item of this.#items.slice(this.#shown, this.#shown + ROWS_PER_FRAME)) {
      if (this.#shown === this.#rows.length) this.#add();
      this.#rows[this.#shown++].show(item);
    }
    if (this.#shown < this.#items.length) redraw(this.#showSome);
  };

  #add() {
    const row = this.#make();
    this.#rows.push(row);
    this.#parent.append(row.root);
  }
}

/**
 * A row of a table whose cells have these classes, the first one its heading.
 *
 * @param {...string} classes
 */
export function tableRow(...classes) {
  const cells = classes.map((name, i) => (i === 0 ? make("th", { scope: "row", class: name }) : make("td", { class: name })));
  return { root: make("tr", {}, ...cells), cells };
}
