import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io({
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

socket.on("chat message", (text, id) => {
  const item = document.createElement("li");
  item.textContent = text;
  messages.append(item);
  item.scrollIntoView();
  socket.auth.serverOffset = id;
});
