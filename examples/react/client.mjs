import { ask, connected, equal, next, play } from "../internal/official/official.mjs";
import { inChromium } from "../internal/official/chromium.mjs";

play((url) =>
  inChromium(async (open) => {
    const [ann, bob] = await Promise.all([open(url), open(url)]);
    const socket = await connected(url);
    await Promise.all([ann, bob].map((page) => page.getByText("connected", { exact: true }).waitFor()));

    const said = next(socket, "said");
    await ann.getByPlaceholder("Say something").fill("hello");
    await ann.getByRole("button").click();
    equal((await said)[0].text, "hello", "what is said in the page");
    await ask(socket, "say", "hello back");
    for (const page of [ann, bob]) await page.getByText("hello back").waitFor();
    const eve = await open(url);
    await eve.getByText("hello back").waitFor();
    for (const page of [ann, bob, eve]) {
      equal(await page.locator("li").allTextContents(), ["hello", "hello back"], "the lines of a page, each once");
    }
    return "pages made with React say and show lines, each once";
  }),
);
