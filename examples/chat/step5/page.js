import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const form = document.querySelector("#form");
const input = document.querySelector("#input");
const messages = document.querySelector("#messages");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value) return;
  socket.emit("chat message", input.value);
  input.value = "";
});

socket.on("chat message", (text) => {
  const item = document.createElement("li");
  item.textContent = text;
  messages.append(item);
  item.scrollIntoView();
});
