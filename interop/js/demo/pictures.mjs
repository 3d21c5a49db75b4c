// The pictures of README.md. Each run takes them anew into .tmp/artefacts, and says which
// of those in docs/images look different by now; nobody replaces them but people.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { repository } from "../lib/build.mjs";
import { Visit, artefacts, eventually, paintLandscape } from "./visit.mjs";

const kept = "docs/images";
const DIFFERENT = 0.04; // of the pixels

/** Takes the pictures of a conversation on a desktop and a phone. */
export async function takePictures(browser, server) {
  const visit = new Visit(browser, server);
  visit.room = "lobby";
  mkdirSync(artefacts, { recursive: true });
  const take = async ({ page }, name) => {
    await page.run(() => document.activeElement.blur());
    const bytes = await page.picture();
    writeFileSync(`${artefacts}/${name}.png`, bytes);
    const share = existsSync(`${repository}${kept}/${name}.png`) ? await page.run(differing, both(name)) : 1;
    if (share > DIFFERENT) {
      console.log(`  ${kept}/${name}.png looks different by now (${Math.round(share * 100)} % of it): cp .tmp/artefacts/${name}.png ${kept}/`);
    }
  };
  try {
    const ada = await visit.enter("Ada", { height: 720 });
    const lin = await visit.enter("林小雨", { width: 390, height: 760, dark: true, language: "zh" });
    const grace = await visit.enter("Grace", { height: 720, dark: true });
    const attic = await visit.enter("Linus", { room: "attic" });
    await eventually("those of the tests to be gone", async () => (await ada.texts("#rooms .name")).join() === "lobby,attic");
    await converse(ada, lin, grace);
    await take(ada, "demo-desktop-light");
    await take(lin, "demo-phone-dark");
    await take(grace, "demo-desktop-dark");
    await attic.isHeard();

    const hedy = await visit.enter("Hedy", { width: 390, height: 760 });
    await hedy.press("#cut");
    await hedy.shows("#state", "isCut");
    for (const text of ["Mind the gap.", "Still here?"]) await ada.say(text);
    await ada.isHeard();
    await hedy.press("#cut");
    await hedy.shows("#recovery", "recovered");
    await hedy.shows("#transport", "websocket");
    await hedy.press("[data-opens=line-panel]");
    await hasCurve(hedy);
    await take(hedy, "demo-phone-light");
  } finally {
    await visit.close();
  }
}

/** Waits until the latency has been measured so often that its curve is one. */
const hasCurve = ({ page }) => eventually("three measurements", () => page.run(() => document.querySelector("#curve polyline").points.length > 2));

/** What the three talk about; ends with somebody who writes. */
async function converse(ada, lin, grace) {
  await ada.say("Good morning! Anybody on the train already?");
  await eventually("the question", async () => (await lin.lines()).length === 1);
  await lin.say("在，马上进隧道 😀");
  await eventually("the answer", async () => (await ada.lines()).length === 2);
  await lin.page.choose("#picture", await paintLandscape(lin.page));
  await eventually("the picture", async () => (await grace.lines()).length === 3);
  await grace.say("Beautiful. Press “Cut the connection”, and see what you miss.");
  await eventually("all of it", async () => (await lin.lines()).length === 4);
  for (const person of [ada, lin, grace]) {
    await person.isHeard();
    await hasCurve(person);
  }
  await eventually("Ada to see that somebody writes", async () => {
    await grace.write("O");
    return (await ada.texts("#writing"))[0] !== "";
  });
}

/** The picture that is kept and the one just taken, for the page to read. */
const both = (name) => [`${repository}${kept}/${name}.png`, `${artefacts}/${name}.png`].map((path) => readFileSync(path).toString("base64"));

/** In the page: which part of the pixels of two pictures differs. */
async function differing(pictures) {
  const [a, b] = await Promise.all(
    pictures.map(async (base64) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const picture = await createImageBitmap(new Blob([bytes]));
      const context = new OffscreenCanvas(picture.width, picture.height).getContext("2d");
      context.drawImage(picture, 0, 0);
      return context.getImageData(0, 0, picture.width, picture.height);
    }),
  );
  if (a.width !== b.width || a.height !== b.height) return 1;
  let different = 0;
  for (let i = 0; i < a.data.length; i += 4) {
    if ([0, 1, 2].some((channel) => Math.abs(a.data[i + channel] - b.data[i + channel]) > 40)) different++;
  }
  return different / (a.width * a.height);
}
