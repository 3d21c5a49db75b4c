import { client, connected, equal, next, play, within } from "../internal/official/official.mjs";

const own = ({ id }) => ({ dots }) => dots.find((dot) => dot.id === id);

play(async (url) => {
  const ada = await connected(url, { transports: ["websocket"] });
  await next(ada, "frame", own(ada));

  // However much is asked for, a dot goes to the edge, and stays in the field.
  ada.emit("steer", { x: 1000, y: 0 });
  const [frame] = await next(ada, "frame", (frame) => own(ada)(frame).x === 1);
  const { y } = own(ada)(frame);
  ada.emit("steer", { x: 0, y: -1 });
  await next(ada, "frame", (frame) => own(ada)(frame).y < y || y === 0);

  // Somebody takes a while for each frame: those in between are dropped, not kept.
  const bob = client(url, { transports: ["polling"] });
  let last;
  const holes = new Promise((resolve, reject) => {
    bob.on("frame", ({ number }) => {
      if (number <= last) reject(new Error(`expected a frame after ${last}, got ${number}`));
      if (number > last + 1) resolve(number - last - 1);
      last = number;
      for (const end = Date.now() + 200; Date.now() < end; );
    });
  });
  equal((await within(holes, "frames to be dropped")) > 0, true, "whether frames were dropped");
  bob.disconnect();
  await next(ada, "frame", ({ dots }) => dots.length === 1);
  return "dots move at the server's pace, and who is slow gets fewer frames";
});
