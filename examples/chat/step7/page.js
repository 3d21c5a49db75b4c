import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io({ auth: { serverOffset: 0 } }); // the last message that this page has shown
const form = document.querySelector("#form");
const input = document.querySelector("#input");
const messages = document.querySelector("#messages");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value) return;
  socket.emit("chat message", input.value);
  input.value = "";
});

socket.on("chat message", (text, id) => {
  const item = document.createElement("li");
  item.textContent = text;
  messages.append(item);
  item.scrollIntoView();
  socket.auth.serverOffset = id;
});
