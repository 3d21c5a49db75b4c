import { collect, client, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const ada = client(url, { reconnection: true, reconnectionDelay: 700, randomizationFactor: 0 });
  const [numbers, welcomes] = [collect(ada, "number"), collect(ada, "welcome")];
  await numbers.count(2);
  const { id } = ada;

  // While she is away at least two numbers are sent.
  const back = next(ada, "connect");
  ada.io.engine.close();
  await back;
  equal([ada.recovered, ada.id], [true, id], "whether she is recovered, and her id");

  const heard = (await numbers.count(numbers.items.length + 3)).map(([n]) => n);
  equal(heard, heard.map((_, i) => heard[0] + i), "the numbers");
  equal(welcomes.items.length, 1, "how often she was welcomed");

  const anew = next(ada, "connect");
  ada.disconnect().connect();
  await anew;
  equal(ada.recovered, false, "whether who leaves is recovered");
  return "who is cut off misses nothing, and who leaves begins anew";
});
