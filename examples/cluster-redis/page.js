import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const form = document.forms[0];

socket.on("server", (name) => (document.querySelector("#server").textContent = name));
socket.on("say", (line) => {
  const item = document.createElement("li");
  item.textContent = line;
  document.querySelector("ul").append(item);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  socket.emit("say", form.line.value);
  form.reset();
});
