// @ts-check
// The page: which view is seen, and what is said of the connection.

import { Actions } from "./actions.js";
import { Connection } from "./connection.js";
import { byId, setAttribute, setText } from "./elements.js";
import { count, timeOfDay } from "./figures.js";
import { redraw } from "./frames.js";
import { Model } from "./model.js";
import { OverviewView } from "./overview.js";
import { address, place } from "./place.js";
import { RefusedView } from "./refused.js";
import { RoomsView } from "./rooms.js";
import { SocketView } from "./socket.js";
import { SocketsView } from "./sockets.js";

const SILENCE_MS = 5000; // the server sends an overview each second
const LOOK_MS = 1000;

const query = new URLSearchParams(location.search);

/**
 * What the query says, or else the page itself. Without its slash a namespace would become
 * part of the host's name, and a link could lead passwords elsewhere.
 *
 * @param {"namespace" | "path"} name
 */
const ownPath = (name) => (query.get(name)?.startsWith("/") ? query.get(name) : document.body.dataset[name]) ?? "/";
const where = { namespace: ownPath("namespace"), path: ownPath("path") };

const model = new Model(`socket.io dashboard history ${where.path} ${where.namespace}`);
const connection = new Connection(where, showState);
const actions = new Actions(connection, model, () => lists[opened]?.refresh());
const overview = new OverviewView(model);
const refused = new RefusedView(model);
/** The views that ask the server for what they show. */
const lists = /** @type {Record<string, SocketsView | RoomsView | SocketView>} */ ({
  sockets: new SocketsView(connection, model, actions),
  rooms: new RoomsView(connection, model, actions),
  socket: new SocketView(connection, model, actions),
});
const views = ["overview", "sockets", "socket", "rooms", "refused"];

/** The view that is seen; none while there is nothing to be seen. */
let opened = "";
let configured = false;
let heard = 0; // when the last overview came, by the clock of the page
let lostAt = 0;

/** Opens what the address says, or nothing before the server has said what it can do. */
function open() {
  const there = place();
  const inside = byId("main").contains(document.activeElement);
  lists[opened]?.close();
  opened = configured ? (views.includes(there.view) ? there.view : "overview") : "";
  for (const view of views) byId(view).hidden = view !== opened;
  for (const link of byId("views").querySelectorAll("a")) {
    const its = new URLSearchParams(link.hash.slice(1)).get("view");
    setAttribute(link, "aria-current", its === (opened === "socket" ? "sockets" : opened) ? "page" : undefined);
  }
  lists[opened]?.open(there);
  if (inside) byId("main").focus({ preventScroll: true }); // what had the focus is not seen any more
  scrollTo(0, 0);
  redraw(draw);
}

/** Draws what comes by itself, in the view that is seen. */
function draw() {
  if (opened === "overview") overview.show();
  if (opened === "refused") refused.show();
  const list = lists[opened];
  if (list && "offer" in list) list.offer();
  const badge = byId("refused-count");
  badge.hidden = model.refused.length === 0;
  setText(badge, count(model.refusals));
  title();
}

function title() {
  const clients = model.history.last?.clients;
  let wanted = "Socket.IO dashboard";
  if (connection.state === "lost") wanted = `✕ no connection – ${wanted}`;
  else if (connection.state === "online" && clients !== undefined) wanted = `${count(clients)} – ${wanted}`;
  if (document.title !== wanted) document.title = wanted;
}

/** @type {Record<import("./connection.js").State, string>} */
const states = { connecting: "connecting", login: "logged out", online: "connected", lost: "no connection" };

/**
 * @param {import("./connection.js").State} state
 * @param {string} why
 */
function showState(state, why) {
  byId("state").dataset.state = state;
  setText(byId("state"), states[state]);
  if (state !== "connecting") byId("login").hidden = state !== "login";
  /** @type {HTMLButtonElement} */ (byId("log-in")).disabled = state === "connecting";
  byId("log-out").hidden = byId("views").hidden = state === "login" || !configured;
  if (state === "login") showLogin(why);
  if (state === "online") heard = Date.now();
  if (state === "lost") lostAt ||= Date.now();
  else lostAt = 0;
  byId("lost").hidden = state !== "lost";
  if (state === "lost") {
    const frozen = configured ? " What you see is from before." : "";
    setText(byId("lost-text"), `No connection since ${timeOfDay(lostAt)} (${why}).${frozen} Trying again by itself.`);
  }
  document.body.classList.toggle("stale", state === "lost");
  title();
}

/** @param {string} problem */
function showLogin(problem) {
  configured = false;
  open();
  setText(byId("login-problem"), problem);
  const password = /** @type {HTMLInputElement} */ (byId("password"));
  const username = /** @type {HTMLInputElement} */ (byId("username"));
  password.value = "";
  (username.value ? password : username).focus();
}

connection.on("config", (/** @type {import("./types.js").Config} */ config) => {
  const again = configured;
  configured = true;
  model.configure(config);
  byId("mode").hidden = !model.readOnly;
  showState(connection.state, "");
  const same = opened === place().view ? lists[opened] : undefined;
  if (!again || !same) open();
  else if (same instanceof SocketView) same.renew();
  else same.refresh();
});
connection.on("overview", (/** @type {import("./types.js").Overview} */ news) => {
  model.add(news);
  heard = Date.now();
  setText(byId("state"), states.online);
  redraw(draw);
});
connection.on("refused_list", (/** @type {import("./types.js").Refused[]} */ list) => {
  model.replaceRefused(list);
  redraw(draw);
});
connection.on("refused", (/** @type {import("./types.js").Refused} */ one) => {
  model.addRefused(one);
  redraw(draw);
});

byId("login").addEventListener("submit", (event) => {
  event.preventDefault();
  const { value: username } = /** @type {HTMLInputElement} */ (byId("username"));
  const { value: password } = /** @type {HTMLInputElement} */ (byId("password"));
  connection.logIn(username, password);
});
byId("log-out").addEventListener("click", () => {
  model.history.clear();
  connection.logOut();
});
byId("skip").addEventListener("click", (event) => {
  event.preventDefault(); // what is behind the # is the place
  byId("main").focus();
});
byId("try-now").addEventListener("click", () => connection.tryNow());
addEventListener("hashchange", open);
setInterval(() => {
  if (connection.state === "online" && configured && Date.now() - heard > SILENCE_MS) setText(byId("state"), "connected, but the server says nothing");
}, LOOK_MS);

if (!location.hash) history.replaceState(null, "", address({ view: "overview" }));
connection.start();
