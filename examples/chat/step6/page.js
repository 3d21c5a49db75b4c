import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io({ reconnectionDelay: 5000 }); // time enough to write in another window
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

// It does as if the network were gone; a socket that is disconnected has left for good.
document.querySelector("#cut").addEventListener("click", () => socket.io.engine.close());
socket.on("disconnect", () => (document.title = "Chat (cut off)"));
socket.on("connect", () => (document.title = socket.recovered ? "Chat (recovered)" : "Chat"));
