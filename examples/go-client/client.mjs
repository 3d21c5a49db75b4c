import { ask, client, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const socket = client(url);
  await next(socket, "bots", (count) => count === 1);
  equal(await ask(socket, "ask", "How much is six times seven?"), "42", "what the bot answers");

  const away = next(socket, "bots", (count) => count === 0);
  const back = next(socket, "bots", (count) => count === 1);
  socket.emit("cut");
  await away;
  await back;
  const time = await ask(socket, "ask", "What time is it?");
  equal(/^\d\d:\d\d:\d\d$/.test(time), true, `whether ${time} is a time`);
  return "a bot in Go answers through the server, and comes back when it was cut off";
});
