import { acknowledgement, connected, equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const ada = await connected(url);
  // The acknowledgement is nothing but a sign that the server's handler has run.
  equal(await acknowledgement(ada, "chat message", "hello"), [], "the acknowledgement");
  return "the server takes a message";
});
