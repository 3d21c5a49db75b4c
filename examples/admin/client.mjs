import { client, connected, equal, next, play, refused } from "../internal/official/official.mjs";
import { inChromium } from "../internal/official/chromium.mjs";

play(async (url) => {
  const bob = await connected(url);
  bob.emit("enter", "lobby");
  equal((await refused(`${url}/admin`, { auth: { username: "ada", password: "guess" } })).message, "invalid credentials", "the refusal");

  // As the official page does it.
  const ada = client(`${url}/admin`, { auth: { username: "ada", password: "secret" } });
  const [sockets] = await next(ada, "all_sockets", (all) => all.some(({ id }) => id === bob.id));
  equal(sockets.find(({ id }) => id === bob.id).rooms, [bob.id, "lobby"], "the rooms of bob");
  const moved = next(ada, "room_joined", (_, room) => room === "attic");
  ada.emit("join", "/", "attic", bob.id);
  await moved;
  const said = next(bob, "say");
  bob.emit("say", "hello");
  equal(await said, ["hello"], "what is said in a room");

  // And our own.
  await inChromium(async (open) => {
    const page = await open(`${url}/dashboard/`);
    await page.getByLabel("Username").fill("ada");
    await page.getByLabel("Password").fill("secret");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("link", { name: "Sockets", exact: true }).click();
    await page.getByText(bob.id).first().waitFor();
  });

  const gone = next(bob, "disconnect");
  ada.emit("_disconnect", "/", false, bob.id);
  equal((await gone)[0], "io server disconnect", "why bob is gone");
  return "the official page and our own see who is there, and may move and disconnect them";
});
