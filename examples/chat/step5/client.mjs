import { connected, equal, next, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const people = await Promise.all([connected(url), connected(url), connected(url)]);
  const heard = people.map((person) => next(person, "chat message"));
  people[0].emit("chat message", "hello");
  equal(await Promise.all(heard), [["hello"], ["hello"], ["hello"]], "what everybody hears");
  return "everybody hears what one says";
});
