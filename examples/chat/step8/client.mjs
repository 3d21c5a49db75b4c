import { acknowledgement, collect, connected, equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const ada = await connected(url, { auth: { serverOffset: 0 } });
  const said = collect(ada, "chat message");
  for (const [text, offset] of [["one", "a"], ["one", "a"], ["two", "b"], ["one", "a"]]) {
    equal(await acknowledgement(ada, "chat message", text, offset), [], "the acknowledgement");
  }

  // With retries the official client asks for the acknowledgement by itself.
  const bob = await connected(url, { auth: { serverOffset: 2 }, retries: 3, ackTimeout: 10_000 });
  bob.emit("chat message", "three", "c");
  const texts = (await said.count(3)).map(([text]) => text);
  equal(texts, ["one", "two", "three"], "what is said");
  return "a message that is sent again is taken once";
});
