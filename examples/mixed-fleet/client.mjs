import { ask, collect, connected, equal, play, until } from "../internal/official/official.mjs";

play(async (url) => {
  const ann = await connected(url);
  const bob = await connected(url, { path: "/node/socket.io/" });
  const eve = await connected(url);
  for (const socket of [ann, bob]) {
    await until("the servers to know each other", async () => (await ask(socket, "enter", "room")) === 2);
  }

  const picture = Buffer.from([0, 255, 127]);
  const heard = [collect(ann, "say"), collect(bob, "say")];
  const elsewhere = collect(eve, "say");
  for (const [name, socket] of Object.entries({ ann, bob })) {
    for (let i = 0; i < 100; i++) socket.emit("say", { room: "room", text: `${name} ${i}`, picture });
  }
  for (const lines of heard) {
    const said = (await lines.count(200)).map(([line]) => line);
    equal(said.every((line) => picture.equals(line.picture)), true, "whether the pictures arrive");
    for (const name of ["ann", "bob"]) {
      const theirs = said.map(({ text }) => text).filter((text) => text.startsWith(name));
      equal(theirs, Array.from({ length: 100 }, (_, i) => `${name} ${i}`), "what is said, in order");
    }
  }
  await ask(eve, "enter", "another room"); // behind all that her server has sent her
  equal(elsewhere.items, [], "what is heard outside of the room");
  return "a server in Go and one for Node are one: rooms, order and binary data";
});
