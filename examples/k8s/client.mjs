import { client, equal, next, play } from "../internal/official/official.mjs";

play(async (url) => {
  const [ada, bob] = [client(url, { transports: ["polling"] }), client(url)];
  const pods = await Promise.all([next(ada, "pod"), next(bob, "pod")]);
  equal(pods, [["the only one"], ["the only one"]], "the pods");

  const said = next(bob, "say");
  ada.emit("say", "hello");
  equal(await said, ["hello"], "what is said");
  for (const path of ["/live", "/ready"]) equal((await fetch(url + path)).status, 200, `the status of ${path}`);
  return "a pod is ready and passes on what is said";
});
