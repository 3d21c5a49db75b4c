import { connected, equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  equal((await fetch(`${url}/socket.io/socket.io.esm.min.js`)).status, 200, "the answer to the page's import");
  await connected(url);
  return "a client connects";
});
