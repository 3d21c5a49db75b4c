import { io } from "/socket.io/socket.io.esm.min.js";

const part = (id) => document.querySelector(`#${id}`);
let token; // it is in no storage, where other scripts of this site would find it
let timer;

async function post(path, what) {
  const response = await fetch(path, { method: "POST", body: JSON.stringify(what ?? {}) });
  if (!response.ok) throw new Error(await response.text());
  ({ token } = await response.json());
}

const socket = io({ autoConnect: false, auth: (show) => show({ token }) });

function log(text, how = "") {
  const item = document.createElement("li");
  item.textContent = text;
  item.className = how;
  part("log").prepend(item);
}

/** Shows another token some time before this one expires, and so stays connected. */
function renewBefore(expires) {
  clearTimeout(timer);
  timer = setTimeout(renew, expires - Date.now() - 3000);
}

async function renew() {
  if (!part("refresh").checked || !socket.connected) return;
  try {
    await post("/token");
    const { error, expires } = await socket.emitWithAck("auth:refresh", token);
    if (error) return log(`no other token: ${error}`, "bad");
    log(`another token, until ${new Date(expires).toLocaleTimeString()}`, "faint");
    renewBefore(expires);
  } catch ({ message }) {
    log(message, "bad");
  }
}

part("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  const user = event.target.user.value;
  socket.disconnect();
  await post("/login", { user, password: user, seconds: 15 });
  socket.connect();
});
part("say").addEventListener("submit", (event) => {
  event.preventDefault();
  socket.emit("say", part("text").value);
  part("text").value = "";
});
part("out").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { error } = (await socket.emitWithAck("shut out", event.target.user.value)) ?? {};
  if (error) log(`shut out: ${error}`, "bad");
});

socket.on("connect", () => {
  log("connected", "good");
  const [, claims] = token.split(".");
  renewBefore(JSON.parse(atob(claims.replaceAll("-", "+").replaceAll("_", "/"))).exp * 1000);
});
socket.on("said", ({ from, text }) => log(`${from}: ${text}`));
socket.on("disconnect", (reason) => log(`disconnected: ${reason}`, "bad"));
socket.on("connect_error", ({ message, data }) => log(`refused: ${message}${data?.token ? `, token ${data.token}` : ""}`, "bad"));
