import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const { enter, say } = document.forms;
const state = document.querySelector("#state");

socket.on("connect", () => (state.textContent = `connected as ${socket.id}`));
socket.on("disconnect", (reason) => (state.textContent = `disconnected: ${reason}`));
socket.on("say", (text) => {
  const item = document.createElement("li");
  item.textContent = text;
  document.querySelector("ul").append(item);
});

for (const [form, field] of [[enter, "room"], [say, "text"]]) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    socket.emit(form.id, form[field].value);
  });
}
