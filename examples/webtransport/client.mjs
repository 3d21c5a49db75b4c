import { play } from "../internal/official/official.mjs";
import { inChromium } from "../internal/official/chromium.mjs";

play((url) =>
  inChromium(async (open) => {
    const page = await open(url);
    await page.locator("#transport", { hasText: "webtransport" }).waitFor();
    await page.locator("li", { hasText: "hello" }).waitFor();
    return "a page begins with polling, and goes on over WebTransport";
  }),
);
