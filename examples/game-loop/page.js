import { io } from "/socket.io/socket.io.esm.min.js";

const slow = location.search === "?slow";
const socket = io({ transports: [slow ? "polling" : "websocket"] });
const field = document.querySelector("canvas");
const brush = field.getContext("2d");
let [frames, missed, last] = [0, 0];

function draw(dots) {
  brush.clearRect(0, 0, field.width, field.height);
  for (const { id, x, y } of dots) {
    brush.fillStyle = id === socket.id ? "crimson" : "teal";
    brush.beginPath();
    brush.arc(20 + x * (field.width - 40), 20 + y * (field.height - 40), 20, 0, 2 * Math.PI);
    brush.fill();
  }
}

socket.on("connect", () => (last = undefined));
socket.on("frame", ({ number, dots }) => {
  if (last !== undefined) missed += number - last - 1;
  last = number;
  draw(dots);
  document.querySelector("#frames").textContent = ++frames;
  document.querySelector("#missed").textContent = missed;
  for (const end = Date.now() + 333; slow && Date.now() < end; ); // a page that has too much to do
});

const keys = { ArrowLeft: "left", a: "left", ArrowRight: "right", d: "right", ArrowUp: "up", w: "up", ArrowDown: "down", s: "down" };
const down = new Set();

function steer(event, pressed) {
  const way = keys[event.key];
  if (!way || event.repeat) return;
  event.preventDefault();
  pressed ? down.add(way) : down.delete(way);
  socket.emit("steer", { x: down.has("right") - down.has("left"), y: down.has("down") - down.has("up") });
}

addEventListener("keydown", (event) => steer(event, true));
addEventListener("keyup", (event) => steer(event, false));
