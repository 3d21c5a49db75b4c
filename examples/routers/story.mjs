// What a client finds out about the chat in any router.

import { client, connected, equal, next } from "../internal/official/official.mjs";

/** Chats over each transport, and loads the page with all that it needs. */
export async function chat(url) {
  const [polling, webSocket, short] = await Promise.all([
    connected(url, { transports: ["polling"] }),
    connected(url, { transports: ["websocket"] }),
    connected(url, { addTrailingSlash: false }),
  ]);
  for (const socket of [polling, webSocket, short]) {
    const all = [polling, webSocket, short].map((each) => next(each, "say"));
    socket.emit("say", `from ${socket.id}`);
    equal(await Promise.all(all), Array(3).fill([`from ${socket.id}`]), "what all are sent");
  }

  const upgrades = client(url);
  equal((await next(upgrades.io.engine, "upgrade"))[0].name, "websocket", "the transport after the upgrade");

  for (const path of ["/", "/page.js", "/style.css", "/socket.io/socket.io.esm.min.js"]) {
    equal((await fetch(url + path)).status, 200, `the status of ${path}`);
  }
}

/** Asks the router's own handler. */
export async function hello(url) {
  equal(await (await fetch(`${url}/hello/ada`)).text(), "hello ada", "the answer of the router's own handler");
}
