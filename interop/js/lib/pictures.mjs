// The pictures of the documentation. Each run takes them anew into .tmp/artefacts, and says
// which of those in docs/images look different by now; nobody replaces them but people.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { repository } from "./build.mjs";

/** Where pictures and other things go that somebody may want to look at. */
export const artefacts = `${repository}.tmp/artefacts`;

const kept = "docs/images";
const DIFFERENT = 0.04; // of the pixels

/**
 * Takes a picture of a page that has `run` and `picture`, as those of the demo have. Up to
 * this part of the pixels may be others than in the picture that is kept.
 */
export async function takePicture(page, name, different = DIFFERENT) {
  await page.run(() => document.activeElement.blur());
  mkdirSync(artefacts, { recursive: true });
  writeFileSync(`${artefacts}/${name}.png`, await page.picture());
  const share = existsSync(`${repository}${kept}/${name}.png`) ? await page.run(differing, both(name)) : 1;
  if (share > different) {
    console.log(`  ${kept}/${name}.png looks different by now (${Math.round(share * 100)} % of it): cp .tmp/artefacts/${name}.png ${kept}/`);
  }
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
