import { collect, connected, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const [ada, bob, eve] = await Promise.all([connected(url), connected(url), connected(url)]);
  const own = collect(ada, "drawing");
  const line = { x0: 0.1, y0: 0.2, x1: 0.5, y1: 0.25, color: "teal" };
  const others = [next(bob, "drawing"), next(eve, "drawing")];
  ada.emit("drawing", line);
  equal(await Promise.all(others), [[line], [line]], "what the others see");

  // What bob draws comes to ada behind whatever else the server has sent her.
  const back = next(ada, "drawing");
  bob.emit("drawing", { ...line, color: "crimson" });
  await back;
  equal(own.items.map(([{ color }]) => color), ["crimson"], "what ada is sent");
  return "what one draws all others see, once";
});
