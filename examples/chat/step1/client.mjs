import { equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  equal(await (await fetch(url)).text(), "<h1>Hello, world</h1>", "the page");
  return "the server answers";
});
