import { io } from "/socket.io/socket.io.esm.min.js";

const sockets = { go: io({ forceNew: true }), node: io({ forceNew: true, path: "/node/socket.io/" }) };

for (const [name, socket] of Object.entries(sockets)) {
  const form = document.getElementById(name);
  const list = form.nextElementSibling;
  const show = (text) => list.append(Object.assign(document.createElement("li"), { textContent: text }));

  socket.on("connect", async () => show(`one of ${await socket.emitWithAck("enter", "lobby")} servers`));
  socket.on("say", (line) => show(line.text));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    socket.emit("say", { room: "lobby", text: form.text.value });
    form.reset();
  });
}
