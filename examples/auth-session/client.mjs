import { connected, equal, next, play, refused } from "../internal/official/official.mjs";

/** Logs in and resolves with the cookie. */
async function login(url, user) {
  const response = await fetch(`${url}/login`, { method: "POST", body: new URLSearchParams({ user }) });
  equal(response.status, 200, "the answer to a login");
  return { cookie: response.headers.get("set-cookie").split(";")[0] };
}

play(async (url) => {
  equal((await refused(url)).message, "unauthorized", "what somebody without a session is told");

  const [ada, bob] = await Promise.all([login(url, "ada"), login(url, "bob")]);
  const tabs = await Promise.all(["websocket", "polling"].map((transport) => connected(url, { extraHeaders: ada, transports: [transport] })));
  const other = await connected(url, { extraHeaders: bob });
  const said = next(other, "said");
  tabs[0].emit("say", "hello");
  equal(await said, [{ from: "ada", text: "hello" }], "what is said");

  const ended = tabs.map((tab) => next(tab, "disconnect"));
  equal((await fetch(`${url}/logout`, { method: "POST", headers: ada })).status, 200, "the answer to a logout");
  for (const [reason] of await Promise.all(ended)) equal(reason, "io server disconnect", "why ada's tabs are disconnected");
  equal((await refused(url, { extraHeaders: ada })).message, "unauthorized", "what ada's cookie is worth then");

  const own = next(other, "said");
  other.emit("say", "still here");
  equal(await own, [{ from: "bob", text: "still here" }], "what bob says");
  return "a session lets in all tabs, and its end ends them";
});
