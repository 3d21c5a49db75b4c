// What is said, and who is there. Whatever people have typed becomes text, never markup.

import { say, show, timeOf } from "./language.js";

const $ = (id) => document.getElementById(id);
const lines = $("lines");

const KEPT_LINES = 500;
const WRITING_MS = 6000;

/** A new element with a class and a text. */
function make(tag, className, text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** A hue for each name, so that people are told apart. */
function hueOf(name) {
  let hue = 0;
  for (const character of name) hue = (hue * 31 + character.codePointAt(0) * 137) % 360;
  return hue;
}

function faceOf(name) {
  const face = make("span", "face", [...name.trim()][0]);
  face.setAttribute("aria-hidden", "true");
  face.style.setProperty("--hue", hueOf(name));
  return face;
}

/** Adds what somebody has said; returns the element that tells whether it has arrived. */
export function addLine({ from, text, image, at }, mine) {
  const low = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 80;
  const line = make("li", mine ? "line mine" : "line");
  const head = make("p", "head");
  const when = make("time", "", timeOf(at));
  when.dateTime = at.toISOString();
  head.append(make("b", "from", from), when);
  const bubble = make("div", "bubble");
  const showWhole = () => (low || mine) && line.scrollIntoView({ block: "end" });
  if (image) bubble.append(pictureOf(image, from, showWhole));
  if (text) bubble.append(make("p", "text", text));
  const fate = make("p", "fate");
  line.append(faceOf(from), head, bubble, ...(mine ? [fate] : []));
  lines.append(line);
  while (lines.childElementCount > KEPT_LINES) lines.firstElementChild.remove();
  showWhole();
  return fate;
}

function pictureOf(image, from, loaded) {
  const picture = document.createElement("img");
  const url = URL.createObjectURL(image instanceof Blob ? image : new Blob([image]));
  picture.alt = say("pictureOf", { name: from });
  picture.onload = () => {
    URL.revokeObjectURL(url);
    loaded();
  };
  picture.src = url;
  return picture;
}

export const clearLines = () => lines.replaceChildren();

/** Shows who is in the room, and oneself among them. */
export function showPeople(people, ownID) {
  $("count").textContent = people.length;
  $("people").replaceChildren(
    ...people.map(({ id, name }) => {
      const item = make("li", "person");
      item.append(faceOf(name), make("span", "name", name));
      if (id === ownID) item.append(show(make("span", "badge"), "you"));
      return item;
    }),
  );
  for (const id of writers.keys()) if (!people.some((person) => person.id === id)) forget(id);
}

/** Shows the rooms; enter(name) goes to one of them. The focus stays on the room where it is. */
export function showRooms(rooms, current, enter) {
  const focused = document.activeElement.dataset.room;
  $("rooms").replaceChildren(
    ...rooms.map(({ name, people }) => {
      const button = make("button", "room");
      button.type = "button";
      button.dataset.room = name;
      if (name === current) button.setAttribute("aria-current", "true");
      button.append(make("span", "name", name), make("span", "badge", people));
      button.onclick = () => enter(name);
      const item = document.createElement("li");
      item.append(button);
      return item;
    }),
  );
  [...document.querySelectorAll("button.room")].find(({ dataset }) => dataset.room === focused)?.focus();
}

const writers = new Map();

/** Somebody begins to write, or ends. Who is not heard of again has ended. */
export function showWriter({ id, name, on }) {
  clearTimeout(writers.get(id)?.timer);
  if (!on) return forget(id);
  writers.set(id, { name, timer: setTimeout(() => forget(id), WRITING_MS) });
  tellWriters();
}

export function forgetWriters() {
  for (const { timer } of writers.values()) clearTimeout(timer);
  writers.clear();
  tellWriters();
}

function forget(id) {
  clearTimeout(writers.get(id)?.timer);
  writers.delete(id);
  tellWriters();
}

function tellWriters() {
  const names = [...writers.values()].map(({ name }) => name);
  if (names.length === 0) show($("writing"), "nothing");
  else show($("writing"), names.length === 1 ? "writesOne" : "writesMany", { names: names.join(", ") });
}
