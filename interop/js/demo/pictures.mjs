// The pictures of README.md.

import { takePicture } from "../lib/pictures.mjs";
import { Visit, eventually, paintLandscape } from "./visit.mjs";

/** Takes the pictures of a conversation on a desktop and a phone. */
export async function takePictures(browser, server) {
  const visit = new Visit(browser, server);
  visit.room = "lobby";
  const take = ({ page }, name) => takePicture(page, name);
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
