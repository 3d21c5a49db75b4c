import { connected, equal, next, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const ada = await connected(url);
  const bob = await connected(url, { reconnection: true, reconnectionDelay: 10 });
  let heard = next(bob, "chat message");
  ada.emit("chat message", "first"); // what a client has got says how far it came
  await heard;

  const [id, back] = [bob.id, next(bob, "connect")];
  heard = next(bob, "chat message");
  bob.io.engine.close();
  ada.emit("chat message", "second");
  const [text] = await heard;
  equal(text, "second", "what bob missed");
  await back;
  equal([bob.recovered, bob.id], [true, id], "whether bob is recovered, and his id");
  return "who was cut off gets what was missed";
});
