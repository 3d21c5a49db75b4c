import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const form = document.querySelector("#form");
const input = document.querySelector("#input");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!input.value) return;
  socket.emit("chat message", input.value);
  input.value = "";
});
