import { io } from "/socket.io/socket.io.esm.min.js";

const part = (id) => document.querySelector(`#${id}`);
const socket = io({ autoConnect: false });
const users = new Map(); // by their ids
let self; // the id of one's own
let chosen; // the id of whom one writes to

function draw() {
  part("users").replaceChildren(
    ...[...users.values()].map(({ userID, username, connected, unread }) => {
      const button = document.createElement("button");
      button.textContent = `${username}${userID === self ? " (you)" : ""}${unread ? " ●" : ""}`;
      button.className = userID === chosen ? "strong" : connected ? "good" : "faint";
      button.addEventListener("click", () => choose(userID));
      return button;
    }),
  );
  const user = users.get(chosen);
  if (!user) return;
  part("with").textContent = `${user.username}, ${user.connected ? "online" : "offline"}`;
  part("write").hidden = false;
  part("messages").replaceChildren(
    ...user.messages.map(({ content, from }) => {
      const item = document.createElement("li");
      item.textContent = content;
      item.className = from === self ? "mine" : "";
      return item;
    }),
  );
}

function choose(id) {
  chosen = id;
  users.get(id).unread = false;
  draw();
}

function add(message) {
  const { from, to } = message;
  const id = from === self ? to : from;
  users.get(id)?.messages.push(message);
  if (id !== chosen && users.has(id)) users.get(id).unread = true;
  draw();
}

part("enter").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.auth = { username: part("name").value };
  socket.connect();
});
part("write").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = { content: part("content").value, to: chosen };
  socket.emit("private message", message);
  if (chosen !== self) add({ ...message, from: self });
  part("content").value = "";
});

socket.on("session", ({ sessionID, userID }) => {
  sessionStorage.setItem("sessionID", sessionID); // of this window; localStorage would be of all
  socket.auth = { sessionID };
  self = userID;
  part("enter").hidden = true;
  part("house").hidden = false;
});
socket.on("users", (all) => {
  users.clear();
  for (const user of all) users.set(user.userID, user);
  draw();
});
socket.on("user connected", (user) => {
  users.set(user.userID, { ...user, ...users.get(user.userID), connected: true });
  draw();
});
socket.on("user disconnected", (id) => {
  if (users.has(id)) users.get(id).connected = false;
  draw();
});
socket.on("private message", add);
socket.on("connect_error", () => (part("enter").hidden = false));

const sessionID = sessionStorage.getItem("sessionID");
if (sessionID) {
  socket.auth = { sessionID };
  socket.connect();
} else {
  part("enter").hidden = false;
}
