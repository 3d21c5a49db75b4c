import { ask, connected, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const [ann, bob] = await Promise.all([connected(url), connected(url)]);
  const room = `room of ${ann.id}`;
  await ask(ann, "join", { room, nick: "ann", as: "moderator" });
  const enters = next(ann, "moved");
  const { members } = await ask(bob, "join", { room, nick: "bob" });
  equal(members.map(({ nick }) => nick).sort(), ["ann", "bob"], "who is in the room");
  const [where, { nick, here }] = await enters;
  equal([where, nick, here], [room, "bob", true], "who comes");

  bob.on("roll", (ack) => ack([3, 4]));
  const said = next(ann, "said");
  bob.emit("say", { text: "/roll", replyTo: null });
  const [{ from, text }] = await said;
  equal([from, text], ["bob", "rolls 3 and 4"], "what is said");

  equal(await ask(ann, "join", { room: "" }), { error: "a room and a nick are needed" }, "the answer to what Validate refuses");
  const picture = new Promise((resolve) => ann.emit("upload", "cat.png", Buffer.from([1, 2, 3]), resolve));
  equal(await picture, "cat.png has 3 bytes", "the answer to two arguments");

  const page = await (await fetch(`${url}/main.js`)).text();
  equal(page.includes(`from "/socket.io/socket.io.esm.min.js"`), true, "whether the page is plain JavaScript");
  return "what Go declares is what a client finds, answers and questions of the server included";
});
