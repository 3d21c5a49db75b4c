import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const form = document.forms[0];

socket.on("bots", (count) => (document.querySelector("#bots").textContent = count ? "The bot is here." : "The bot is away."));

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const question = form.question.value;
  const item = document.createElement("li");
  item.textContent = `${question} ${await socket.emitWithAck("ask", question)}`;
  document.querySelector("ul").append(item);
});
form.cut.addEventListener("click", () => socket.emit("cut"));
