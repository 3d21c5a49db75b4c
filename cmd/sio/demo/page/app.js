// The chat: who enters, what is sent, and what comes. The contract with the server is in
// contract.go.

import { io } from "/chat/socket.io/socket.io.esm.min.js";
import { keep, localOf, show, speak, spoken } from "./language.js";
import { follow, showState } from "./panel.js";
import { shrink } from "./picture.js";
import { addLine, clearLines, forgetWriters, showPeople, showRooms, showWriter } from "./talk.js";

const $ = (id) => document.getElementById(id);

const TYPING_MS = 2500;
const LONGEST_NAME = 32; // as the server has it, too

const me = { name: localOf("name") ?? "", room: roomOf(location.hash) || "lobby" };
let rooms = [];
let presence = {};
let unanswered = 0;

// The auth object is asked for at each connection: after the server has been started anew
// this is who we are and where.
const socket = io({ path: "/chat/socket.io/", autoConnect: false, auth: (answer) => answer(me) });
follow(socket);

socket.on("said", (line) => addLine({ ...line, at: new Date(line.at) }, false));
socket.on("writing", showWriter);
socket.on("people", (now) => {
  presence = now;
  showRoom();
});
socket.on("rooms", (now) => {
  rooms = now;
  showRoom();
});
socket.on("disconnect", forgetWriters);
socket.on("connect_error", ({ message }) => ($("problem").textContent = message));
socket.on("connect", () => ($("problem").textContent = ""));

/** The room that a link leads to; "" if it names none. */
function roomOf(hash) {
  try {
    return [...decodeURIComponent(hash.slice(1))].slice(0, LONGEST_NAME).join("").trim();
  } catch {
    return ""; // Whoever made the link has not encoded the name.
  }
}

$("entry").addEventListener("submit", (event) => {
  event.preventDefault();
  me.name = $("name").value.trim();
  me.room = $("room").value.trim();
  if (!me.name || !me.room) return;
  keep("name", me.name);
  location.hash = encodeURIComponent(me.room);
  $("welcome").hidden = true;
  $("chat").hidden = false;
  document.body.classList.add("inside");
  showState("connecting");
  socket.connect();
  $("text").focus();
});

/** Shows where we are, and with whom. Those of a new room come before the word that we are there. */
function showRoom() {
  showRooms(rooms, me.room, enter);
  const { room, people } = presence;
  if (room !== me.room) return;
  showPeople(people, socket.id);
  show($("where"), "inRoom", { room, n: people.length });
}

/** Asks the server, now or once we are connected again. Fails if the server refuses. */
async function ask(event, question) {
  const answer = await socket.emitWithAck(event, question);
  if (answer.error) throw new Error(answer.error);
  return answer;
}

/** Goes to another room. */
async function enter(room) {
  stopTyping();
  let entered;
  try {
    ({ room: entered } = await ask("enter", { name: me.name, room }));
  } catch (error) {
    show($("problem"), "refused", { reason: error.message });
    return;
  }
  if (me.room !== entered) clearLines();
  me.room = entered;
  location.hash = encodeURIComponent(entered);
  forgetWriters();
  showRoom();
  openDrawer(undefined);
  $("text").focus();
}

$("other").addEventListener("submit", (event) => {
  event.preventDefault();
  const room = $("other-room").value.trim();
  $("other-room").value = "";
  if (room) enter(room);
});

/** Says something, now or once we are connected again, and shows when it has arrived. */
async function send(message) {
  const fate = addLine({ ...message, from: me.name, at: new Date() }, true);
  fate.dataset.fate = "pending";
  show(fate, "pending");
  $("waiting").textContent = ++unanswered;
  try {
    const { others } = await ask("say", message);
    fate.dataset.fate = "reached";
    show(fate, "reached", { n: others });
  } catch (error) {
    fate.dataset.fate = "refused";
    show(fate, "refused", { reason: error.message });
  }
  $("waiting").textContent = --unanswered;
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value.trim();
  $("text").value = "";
  stopTyping();
  if (text) send({ text });
});

$("attach").addEventListener("click", () => $("picture").click());
$("picture").addEventListener("change", async () => {
  const [file] = $("picture").files;
  $("picture").value = "";
  if (!file) return;
  try {
    send({ text: "", image: await shrink(file) });
    $("problem").textContent = "";
  } catch {
    show($("problem"), "noPicture");
  }
});

let typing;
let toldAt;

// Told now and then: what is volatile may be dropped.
$("text").addEventListener("input", () => {
  const now = performance.now();
  if (!typing || now - toldAt > TYPING_MS / 2) {
    socket.volatile.emit("typing", true);
    toldAt = now;
  }
  clearTimeout(typing);
  typing = setTimeout(stopTyping, TYPING_MS);
});

function stopTyping() {
  if (!typing) return;
  clearTimeout(typing);
  typing = undefined;
  socket.volatile.emit("typing", false);
}

// Cut off means: the connection is gone, as in a tunnel, and nobody tries to come back.
$("cut").addEventListener("click", () => {
  const cut = $("cut").dataset.text === "cut";
  show($("cut"), cut ? "mend" : "cut");
  if (cut) {
    socket.io.disconnect();
  } else {
    showState("reconnecting");
    socket.connect();
  }
});

/** On narrow screens: opens one of the panels beside the talk, or none. */
function openDrawer(id) {
  for (const button of document.querySelectorAll("button.drawer")) {
    const open = button.dataset.opens === id && button.getAttribute("aria-expanded") === "false";
    button.setAttribute("aria-expanded", open);
    $(button.dataset.opens).classList.toggle("open", open);
  }
}
for (const button of document.querySelectorAll("button.drawer")) {
  button.addEventListener("click", () => openDrawer(button.dataset.opens));
}
document.addEventListener("keydown", ({ key }) => key === "Escape" && openDrawer(undefined));

$("language").addEventListener("change", () => {
  speak($("language").value);
  keep("language", spoken());
});

$("language").value = spoken();
$("name").value = me.name;
$("room").value = me.room;
showState("idle");
speak();
