import { ask, client, equal, play, until } from "../../internal/official/official.mjs";

/** Somebody at one of the servers, and the texts heard there by their numbers. */
function person(url, server) {
  const socket = client(url, { path: `/${server}/socket.io/`, auth: { serverOffset: 0 } });
  const heard = new Map();
  socket.on("chat message", (text, id) => heard.set(id, text));
  return { socket, heard };
}

play(async (url) => {
  const [ada, bob] = [person(url, "one"), person(url, "two")];
  await ask(ada.socket, "chat message", "from one", "a");
  await ask(bob.socket, "chat message", "from two", "b");
  await ask(bob.socket, "chat message", "from one", "a"); // the other server knows that one, too

  const eve = person(url, "two");
  for (const [name, { heard }] of Object.entries({ ada, bob, eve })) {
    await until(`${name} to hear two messages`, () => heard.size === 2);
    equal(heard, new Map([[1, "from one"], [2, "from two"]]), `what ${name} hears`);
  }
  return "two servers are one chat";
});
