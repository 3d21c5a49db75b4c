import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();

/** Shows the figures as Prometheus would read them now. */
async function show() {
  const text = await (await fetch("metrics")).text();
  const lines = text.split("\n").filter((line) => line && !line.startsWith("#") && !line.includes("_bucket") && !line.endsWith(" 0"));
  document.querySelector("ul").replaceChildren(
    ...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }),
  );
}

socket.on("connect", show);
document.querySelector("button").addEventListener("click", async () => {
  await socket.emitWithAck("work", "it");
  await show();
});
