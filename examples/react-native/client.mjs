import { ask, connected, equal, next, play } from "../internal/official/official.mjs";
import { inChromium } from "../internal/official/chromium.mjs";

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

play((url) =>
  inChromium(async (open) => {
    const ann = await open(url, phone);
    await ann.getByText("1 online").waitFor();
    const bob = await connected(url);
    await ann.getByText("2 online").waitFor();

    const waved = next(bob, "waved");
    await ann.getByRole("button", { name: "Wave" }).tap();
    equal(await waved, ["Somebody"], "who waves");
    await ann.getByText("You wave to 1").waitFor();
    equal(await ask(bob, "wave", "Bob"), 1, "to how many bob waves");
    await ann.getByText("Bob waves").waitFor();
    return "the app, as a page, shows who is there and waves";
  }),
);
