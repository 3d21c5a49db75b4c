// @ts-check
// Requests that the server has refused, with what to do about them.

import { Rows, byId, make, setText, tableRow } from "./elements.js";
import { count, timeOfDay } from "./figures.js";
import { redraw } from "./frames.js";

export class RefusedView {
  #model;
  #rows = new Rows(byId("refused-rows"), refusedRow);

  /** @param {import("./model.js").Model} model */
  constructor(model) {
    this.#model = model;
  }

  show() {
    redraw(this.#draw);
  }

  #draw = () => {
    const { refused } = this.#model;
    setText(byId("refused-note"), refused.length > 0 ? "" : "No request has been refused.");
    this.#rows.show(refused);
  };
}

function refusedRow() {
  const { root, cells } = tableRow("mono", "n", "reason", "n wide", "mono");
  const [reason, hint] = [make("span"), make("small")];
  cells[2].append(reason, hint);
  /** @param {import("./types.js").Refused} one */
  const show = (one) => {
    setText(cells[0], timeOfDay(one.ts));
    setText(cells[1], count(one.count));
    setText(reason, one.reason);
    setText(hint, one.hint ?? "");
    setText(cells[3], one.code ?? "");
    setText(cells[4], one.address ?? "");
  };
  return { root, show };
}
