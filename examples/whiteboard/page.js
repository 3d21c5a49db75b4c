import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const board = document.querySelector("canvas");
const pen = board.getContext("2d");
pen.lineWidth = 4;
pen.lineCap = "round";

function draw({ x0, y0, x1, y1, color }) {
  pen.strokeStyle = color;
  pen.beginPath();
  pen.moveTo(x0 * board.width, y0 * board.height);
  pen.lineTo(x1 * board.width, y1 * board.height);
  pen.stroke();
}

socket.on("drawing", draw);

let last; // where the pen is while it is down

function point(event) {
  const { left, top, width, height } = board.getBoundingClientRect();
  return { x: (event.clientX - left) / width, y: (event.clientY - top) / height };
}

board.addEventListener("pointerdown", (event) => {
  board.setPointerCapture(event.pointerId);
  last = point(event);
});
board.addEventListener("pointermove", (event) => {
  if (!last) return;
  const { x, y } = point(event);
  const line = { x0: last.x, y0: last.y, x1: x, y1: y, color: document.forms[0].color.value };
  draw(line);
  socket.emit("drawing", line);
  last = { x, y };
});
for (const end of ["pointerup", "pointercancel"]) board.addEventListener(end, () => (last = undefined));
