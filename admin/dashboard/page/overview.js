// @ts-check
// The first view: what is wrong, the charts, the nodes and the namespaces.

import { Chart } from "./chart.js";
import { Rows, byId, make, setAttribute, setText, tableRow } from "./elements.js";
import { bytes, count, duration, timeOfDay } from "./figures.js";
import { redraw } from "./frames.js";
import { address } from "./place.js";
import { troubles } from "./troubles.js";

/** @typedef {import("./types.js").Overview} Overview */
/** @typedef {import("./types.js").Point} Point */

const MOST_ROWS = 100;

const perSecond = (/** @type {number} */ n) => `${count(n)}/s`;

/** @type {{ title: string, format: (n: number) => string, stacked?: boolean, series: import("./chart.js").Series[] }[]} */
const cards = [
  {
    title: "Connections",
    format: count,
    stacked: true,
    series: [
      { name: "WebSocket", value: ({ websocket }) => websocket, color: "one" },
      { name: "WebTransport", value: ({ webtransport }) => webtransport, color: "three", rare: true },
      { name: "polling", value: ({ polling }) => polling, color: "two" },
    ],
  },
  {
    title: "Churn",
    format: perSecond,
    series: [
      { name: "connects", value: ({ connects }) => connects, color: "one" },
      { name: "disconnects", value: ({ disconnects }) => disconnects, color: "two" },
    ],
  },
  {
    title: "Events",
    format: perSecond,
    series: [
      { name: "in", value: ({ eventsIn }) => eventsIn, color: "one" },
      { name: "out", value: ({ eventsOut }) => eventsOut, color: "two" },
      { name: "dropped", value: ({ dropped }) => dropped, color: "bad", rare: true },
    ],
  },
  {
    title: "Traffic",
    format: (n) => `${bytes(n)}/s`,
    series: [
      { name: "in", value: ({ bytesIn }) => bytesIn, color: "one" },
      { name: "out", value: ({ bytesOut }) => bytesOut, color: "two" },
    ],
  },
  {
    title: "Memory",
    format: bytes,
    series: [
      { name: "heap", value: ({ heap }) => heap, color: "one" },
      { name: "resident", value: ({ rss }) => rss, color: "two", rare: true },
    ],
  },
];

export class OverviewView {
  #model;
  #drawings;
  #nodes = new Rows(byId("nodes"), nodeRow);
  #namespaces = new Rows(byId("namespaces"), namespaceRow);
  #shown = "";

  /** @param {import("./model.js").Model} model */
  constructor(model) {
    this.#model = model;
    this.#drawings = cards.map((card) => this.#card(card));
  }

  /** Draws what has changed; each chart by itself, so that none has to wait for all. */
  show() {
    redraw(this.#draw);
    for (const draw of this.#drawings) redraw(draw);
  }

  #draw = () => {
    const { overview, history, refused, silent } = this.#model;
    if (!overview) return;
    this.#verdict(troubles(silent, history.points, refused));
    const nodes = overview.nodes.toSorted((a, b) => Number(a.healthy) - Number(b.healthy) || (a.serverId < b.serverId ? -1 : 1));
    setText(byId("nodes-count"), count(nodes.length));
    this.#nodes.show(nodes.slice(0, MOST_ROWS));
    setText(byId("namespaces-count"), count(overview.namespaces.length));
    this.#namespaces.show(overview.namespaces.toSorted((a, b) => b.sockets - a.sockets).slice(0, MOST_ROWS));
  };

  /** @param {import("./troubles.js").Trouble[]} found */
  #verdict(found) {
    const shown = JSON.stringify(found);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const lines = found.map(({ level, text, view }) =>
      make("p", { class: level }, view ? make("a", { href: address({ view }) }, text) : text),
    );
    byId("verdict").replaceChildren(...(lines.length > 0 ? lines : [make("p", { class: "good" }, "All nodes answer, and nothing is refused")]));
  }

  /**
   * Makes a card with its chart, and returns the function that draws it.
   *
   * @param {typeof cards[number]} card
   */
  #card({ title, format, stacked, series }) {
    const when = make("span", { class: "when" });
    const total = make("strong", { class: "total" });
    const sockets = make("span", { class: "faint" });
    const values = series.map(() => make("dd"));
    const keys = series.map(({ name, color }, i) => make("div", {}, make("dt", { class: `key is-${color}` }, name), values[i]));
    const legend = make("dl", { class: "legend" }, ...keys);
    const canvas = make("canvas", { role: "img", "aria-label": title });
    const head = make("div", { class: "head" }, make("h2", {}, title), ...(stacked ? [total, sockets] : []), when);
    byId("cards").append(make("section", { class: stacked ? "card large" : "card", "aria-label": title }, head, legend, canvas));

    /** @type {() => void} */
    const draw = () => chart.draw(this.#model.history.points);
    const onPoint = (/** @type {Point | undefined} */ pointed) => {
      const point = pointed ?? this.#model.history.last;
      if (!point) return;
      setText(when, pointed ? `at ${timeOfDay(pointed.at)}` : "");
      setText(total, format(point.clients));
      setText(sockets, `with ${format(point.sockets)} sockets`);
      series.forEach(({ value, rare }, i) => {
        keys[i].hidden = rare === true && this.#model.history.points.every((point) => value(point) === 0);
        setText(values[i], format(value(point)));
      });
      if (!pointed) setAttribute(canvas, "aria-label", inWords(title, series, format, this.#model.history.points));
    };
    const chart = new Chart(canvas, { series, stacked, format, onChange: () => redraw(draw), onPoint });
    return draw;
  }
}

/**
 * What a chart shows, for those who don't see it.
 *
 * @param {string} title
 * @param {import("./chart.js").Series[]} series
 * @param {(n: number) => string} format
 * @param {Point[]} points
 */
function inWords(title, series, format, points) {
  const said = series.map(({ name, value }) => {
    let [least, most] = [Infinity, 0];
    for (const point of points) {
      least = Math.min(least, value(point));
      most = Math.max(most, value(point));
    }
    return `${name} ${format(value(points[points.length - 1]))}, between ${format(least)} and ${format(most)}`;
  });
  return `${title} in the last ten minutes: ${said.join("; ")}`;
}

function nodeRow() {
  const { root, cells } = tableRow("mono", "", "n", "n wide", "n wide", "n wide", "n", "wide", "n wide");
  /** @param {import("./types.js").Node} node */
  const show = (node) => {
    const { serverId, healthy, clients, websocket, polling, webtransport, uptime, hostname, pid } = node;
    const texts = [serverId, healthy ? "healthy" : "silent", count(clients), count(websocket), count(polling), count(webtransport), duration(uptime), hostname, String(pid)];
    texts.forEach((text, i) => setText(cells[i], text));
    setAttribute(cells[1], "class", healthy ? "good" : "bad");
  };
  return { root, show };
}

function namespaceRow() {
  const { root, cells } = tableRow("mono", "n", "n");
  const sockets = make("a");
  const rooms = make("a");
  cells[1].append(sockets);
  cells[2].append(rooms);
  /** @param {Overview["namespaces"][number]} namespace */
  const show = (namespace) => {
    setText(cells[0], namespace.name);
    setText(sockets, count(namespace.sockets));
    setText(rooms, count(namespace.rooms));
    setAttribute(sockets, "href", address({ view: "sockets", nsp: namespace.name }));
    setAttribute(rooms, "href", address({ view: "rooms", nsp: namespace.name }));
    setAttribute(sockets, "aria-label", `${namespace.sockets} sockets of ${namespace.name}`);
    setAttribute(rooms, "aria-label", `${namespace.rooms} rooms of ${namespace.name}`);
  };
  return { root, show };
}
