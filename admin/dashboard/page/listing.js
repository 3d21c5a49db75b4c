// @ts-check
// A list that is asked of the server again and again while somebody looks at it.

import { NotConnected } from "./connection.js";
import { setText } from "./elements.js";
import { redraw } from "./frames.js";

const AGAIN_MS = 5000; // after an answer

/** @template Answer */
export class Listing {
  #ask;
  #draw;
  #note;
  #number = 0;
  /** @type {number | undefined} */
  #timer;

  /**
   * @param {object} options
   * @param {() => Promise<Answer>} options.ask
   * @param {(answer: Answer) => string} options.draw is called in a frame; what it returns is said above the list
   * @param {HTMLElement} options.note where it is said
   */
  constructor({ ask, draw, note }) {
    this.#ask = ask;
    this.#draw = draw;
    this.#note = note;
  }

  /** Asks now, and goes on asking. The answer to an older question is dropped. */
  async load() {
    this.stop();
    const number = this.#number;
    try {
      const answer = await this.#ask();
      if (number === this.#number) redraw(() => number === this.#number && setText(this.#note, this.#draw(answer)));
    } catch (error) {
      // Without a connection the page says so already, and this is loaded anew with the next.
      if (number === this.#number && !(error instanceof NotConnected)) {
        setText(this.#note, `The server gave no answer: ${/** @type {Error} */ (error).message}.`);
      }
    }
    if (number === this.#number) this.#timer = setTimeout(() => this.load(), AGAIN_MS);
  }

  /** Asks no more. */
  stop() {
    this.#number++;
    clearTimeout(this.#timer);
  }
}

const PAUSE_MS = 250;

/**
 * Calls the function once somebody has stopped typing.
 *
 * @param {HTMLElement[]} inputs
 * @param {() => void} f
 */
export function afterTyping(inputs, f) {
  /** @type {number | undefined} */
  let timer;
  for (const input of inputs) {
    input.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(f, PAUSE_MS);
    });
  }
}
