import { play } from "../../internal/official/official.mjs";
import { chat, hello } from "../story.mjs";

play(async (url) => {
  await chat(url);
  await hello(url);
  return "chat and router answer side by side, in Fiber";
});
