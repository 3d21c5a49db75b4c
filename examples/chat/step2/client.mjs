import { equal, play } from "../../internal/official/official.mjs";

play(async (url) => {
  const page = await fetch(url);
  equal(page.headers.get("content-type"), "text/html; charset=utf-8", "the page's type");
  equal((await page.text()).includes('<form id="form">'), true, "the page has a form");
  return "the page has a form";
});
