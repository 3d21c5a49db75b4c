import { io } from "/socket.io/socket.io.esm.min.js";

const socket = io();
const form = document.forms[0];
const bar = document.querySelector("progress");
const state = document.querySelector("#state");

/** Asks until there is an answer: what was lost with a connection is asked again over the next. */
async function ask(event, data) {
  for (;;) {
    try {
      const answer = await socket.timeout(30_000).emitWithAck(event, data);
      if (answer.error) throw new TypeError(answer.error);
      return answer;
    } catch (error) {
      if (error instanceof TypeError) throw error;
    }
  }
}

async function upload(file) {
  let done = await ask("uploaded", file.name);
  while (done < file.size) {
    const data = await file.slice(done, done + 100_000).arrayBuffer();
    done = await ask("piece", { file: file.name, offset: done, data });
    bar.value = done / file.size;
    state.textContent = `${done} of ${file.size} bytes`;
  }
  const sum = new Uint8Array(await crypto.subtle.digest("SHA-256", await file.arrayBuffer()));
  const hex = [...sum].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const same = (await ask("sha256", file.name)) === hex;
  state.textContent = same ? "The server has the file." : "The server has another file of this name.";
}

form.file.addEventListener("change", () => upload(form.file.files[0]).catch((error) => (state.textContent = error.message)));
form.cut.addEventListener("click", () => socket.io.engine.close());
