import { ask, client, connected, equal, next, play, refused } from "../internal/official/official.mjs";

async function post(url, path, { cookie, ...what } = {}) {
  const response = await fetch(url + path, { method: "POST", body: JSON.stringify(what), headers: cookie ? { cookie } : {} });
  if (!response.ok) return { status: response.status };
  return { ...(await response.json()), cookie: response.headers.get("set-cookie")?.split(";")[0] };
}

const login = (url, user, seconds) => post(url, "/login", { user, password: user, seconds });

/** Connects with a token that is valid for moments; more than once if the machine is busy. */
async function inTime(url, getToken) {
  for (;;) {
    const token = await getToken();
    const socket = client(url, { auth: { token } });
    const ended = next(socket, "disconnect");
    const refusal = await new Promise((resolve) => socket.once("connect", resolve).once("connect_error", resolve));
    if (!refusal) return { token, ended };
    if (refusal.data?.token !== "expired") throw refusal;
  }
}

play(async (url) => {
  equal((await post(url, "/login", { user: "ada", password: "?" })).status, 401, "the answer to a wrong password");
  const { message, data } = await refused(url, { auth: { token: "made up" } });
  equal([message, data], ["unauthorized", { token: "invalid" }], "why a token that was made up is refused");

  const [ada, bob] = await Promise.all([login(url, "ada"), login(url, "bob")]);
  const [a, b] = await Promise.all([ada, bob].map(({ token }) => connected(url, { auth: { token } })));

  const said = next(b, "said");
  await ask(a, "say", "hello");
  equal(await said, [{ from: "ada", text: "hello" }], "what is said");
  equal(await ask(b, "shut out", "ada"), { error: "forbidden" }, "the answer to bob, who may not shut out");

  // Who shows another token in time stays.
  const { token } = await post(url, "/token", { cookie: ada.cookie });
  equal((await ask(a, "auth:refresh", token)).error, undefined, "the answer to another token");
  equal((await ask(a, "auth:refresh", bob.token)).error !== undefined, true, "whether somebody else's token is refused");

  // Who is shut out is so at once, and so are the tokens, however long they would be valid.
  const out = next(b, "disconnect");
  await ask(a, "shut out", "bob");
  equal((await out)[0], "io server disconnect", "why bob is disconnected");
  equal((await refused(url, { auth: { token: bob.token } })).message, "unauthorized", "what bob is told");
  equal((await post(url, "/token", { cookie: bob.cookie })).status, 401, "the answer to bob's wish for another token");

  // Eve's token expires. She comes back with another one, as she is logged in.
  const eve = await login(url, "eve", 2);
  const another = async () => (await post(url, "/token", { cookie: eve.cookie })).token;
  const { token: old, ended } = await inTime(url, another);
  equal(await ended, ["io server disconnect", undefined], "why eve is disconnected");
  equal((await refused(url, { auth: { token: old } })).data, { token: "expired" }, "what eve's old token is");
  await inTime(url, another);
  return "tokens let in, expire, are renewed and withdrawn";
});
