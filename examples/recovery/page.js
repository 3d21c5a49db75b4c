import { io } from "/socket.io/socket.io.esm.min.js";

const AWAY = 3000;
const socket = io({ reconnectionDelay: AWAY, randomizationFactor: 0 });
const part = (id) => document.querySelector(`#${id}`);
let last; // the number that came last
let missing = 0;

// As if the network were gone: the client is back after a moment, and goes on where it was.
part("cut").addEventListener("click", () => socket.io.engine.close());

// Who leaves has left, and begins anew.
part("leave").addEventListener("click", () => {
  socket.disconnect();
  setTimeout(() => socket.connect(), AWAY);
});

function log(text, how) {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = how;
  part("log").prepend(item);
}

socket.on("connect", () => {
  part("id").textContent = socket.id;
  part("state").textContent = "connected";
  if (socket.recovered) log("recovered: what was missed comes now", "good");
  else log("began anew", "faint");
});
socket.on("disconnect", (reason) => {
  part("state").textContent = "away";
  log(`disconnected: ${reason}`, "bad");
});
socket.on("number", (n) => {
  if (last !== undefined) missing += n - last - 1;
  last = n;
  part("missing").textContent = missing;
  part("numbers").append(`${n} `);
});
