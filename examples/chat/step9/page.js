import { io } from "/one/socket.io/socket.io.esm.min.js";

const server = Math.random() < 0.5 ? "one" : "two";
document.title = `Chat (server ${server})`;
const socket = io({
  path: `/${server}/socket.io/`,
  auth: { serverOffset: 0 }, // the last message that this page has shown
  ackTimeout: 10_000,
  retries: 3,
});

// What a message is called, by which the server knows one that it is sent once more.
const me = crypto.getRandomValues(new Uint32Array(4)).join("-");
let sent = 0;

const form = document.querySelector("#form");
const input = document.querySelector("#input");
const messages = document.querySelector("#messages");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value) return;
  socket.emit("chat message", input.value, `${me}-${++sent}`);
  input.value = "";
});

// A message of the other server may come after a later one of this, and while the page is
// sent what it has missed one may come twice: the number says where it belongs.
socket.on("chat message", (text, id) => {
  if (document.getElementById(id)) return;
  const item = document.createElement("li");
  item.id = id;
  item.textContent = text;
  const later = [...messages.children].find((other) => Number(other.id) > id);
  messages.insertBefore(item, later ?? null);
  item.scrollIntoView();
  socket.auth.serverOffset = Math.max(socket.auth.serverOffset, id);
});
