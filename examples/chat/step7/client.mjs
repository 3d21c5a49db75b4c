import { ask, client, collect, connected, equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const ada = await connected(url, { auth: { serverOffset: 0 } });
  const said = collect(ada, "chat message");
  for (const text of ["one", "two", "three"]) await ask(ada, "chat message", text);
  const all = [["one", 1], ["two", 2], ["three", 3]];
  equal(await said.count(3), all, "what is said");

  const heard = async (serverOffset) => {
    const somebody = client(url, { auth: { serverOffset } });
    const messages = await collect(somebody, "chat message").count(3 - serverOffset);
    somebody.disconnect();
    return messages;
  };
  equal(await heard(0), all, "what a newcomer gets");
  equal(await heard(1), all.slice(1), "what somebody gets who has seen the first");
  return "who comes back gets what was missed, and nothing twice";
});
