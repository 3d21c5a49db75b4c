import { io } from "/socket.io/socket.io.esm.min.js";

const part = (id) => document.querySelector(`#${id}`);
const socket = io({ autoConnect: false }); // the browser sends the cookie by itself

function log(text, how = "") {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = how;
  part("log").prepend(item);
}

function show(isIn) {
  part("login").hidden = isIn;
  part("say").hidden = !isIn;
}

part("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  await fetch("/login", { method: "POST", body: new URLSearchParams(new FormData(event.target)) });
  socket.disconnect().connect(); // a session is looked up when a connection is made
});
part("logout").addEventListener("click", () => fetch("/logout", { method: "POST" }));
part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.emit("say", part("text").value);
  part("text").value = "";
});

socket.on("connect", () => {
  show(true);
  log("connected", "good");
});
socket.on("connect_error", () => show(false));
socket.on("disconnect", (reason) => {
  log(`disconnected: ${reason}`, "bad");
  if (reason === "io server disconnect") show(false);
});
socket.on("said", ({ from, text }) => log(`${from}: ${text}`));
socket.connect(); // who is logged in already is let in
