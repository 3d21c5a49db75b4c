import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const todos = document.querySelector("#todos");
const title = document.querySelector("#title");
const items = new Map(); // those of the list, by the id of what is to do

function show(todo) {
  const { id, completed } = todo;
  if (!items.has(id)) {
    const item = document.querySelector("template").content.cloneNode(true).firstElementChild;
    item.querySelector("input").addEventListener("change", ({ target }) => ask("todo:update", { ...item.todo, completed: target.checked }).then(show, () => show(item.todo)));
    item.querySelector("button").addEventListener("click", () => ask("todo:delete", id).then(remove, () => {}));
    items.set(id, item);
    todos.append(item);
  }
  const item = items.get(id);
  item.todo = todo;
  item.querySelector("span").textContent = todo.title;
  item.querySelector("input").checked = completed;
}

function remove(id) {
  items.get(id)?.remove();
  items.delete(id);
}

/** Asks the server; resolves with what it answers, or else with what was asked. It shows why it fails. */
async function ask(event, what) {
  const answer = await socket.emitWithAck(event, what);
  const { error, errorDetails = [] } = answer ?? {};
  document.querySelector("#problem").textContent = error ? [error, ...errorDetails.map(({ message }) => message)].join(": ") : "";
  if (error) throw new Error(error);
  return answer?.data ?? what;
}

document.forms[0].addEventListener("submit", async (event) => {
  event.preventDefault();
  const todo = { title: title.value, completed: false };
  const id = await ask("todo:create", todo).catch(() => undefined);
  if (!id) return;
  show({ ...todo, id });
  title.value = "";
});

socket.on("connect", async () => {
  const { data } = await socket.emitWithAck("todo:list");
  for (const id of items.keys()) remove(id);
  data.forEach(show);
});
socket.on("todo:created", show);
socket.on("todo:updated", show);
socket.on("todo:deleted", remove);
