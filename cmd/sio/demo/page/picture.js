// Pictures, made small enough to be sent in one message.

const LONGEST_SIDE = 1280;
const SMALL_BYTES = 200_000;
const MOST_BYTES = 700_000;
const asTheyAre = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** The picture in a file, as bytes to be sent. Fails if the browser cannot read it. */
export async function shrink(file) {
  const picture = await createImageBitmap(file);
  if (file.size <= SMALL_BYTES && asTheyAre.includes(file.type)) return file.arrayBuffer();
  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff"; // where it is transparent, which JPEG cannot be
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  let bytes;
  for (const quality of [0.85, 0.6, 0.3]) {
    bytes = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", quality));
    if (bytes.size <= MOST_BYTES) break;
  }
  return bytes.arrayBuffer();
}
