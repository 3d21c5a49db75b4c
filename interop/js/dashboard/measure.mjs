// The dashboard of servers with ten thousand sockets that chat.

import { equal, holds } from "../lib/expect.mjs";
import { takePicture } from "../lib/pictures.mjs";
import { quantile, scriptPerFrame } from "./frames.mjs";
import { CHARTS, eventually } from "./visit.mjs";

const FRAME_MS = 16;
const FEWEST_FRAMES = 100;

export const largeTests = {
  "each frame has less than 16 ms of script while 10,000 sockets chat": async (t) => {
    const admin = await t.open(t.servers.large, { height: 860, dark: true });
    const frames = await scriptPerFrame(admin.page, () => lookAround(admin));
    const [p50, p99, max] = [0.5, 0.99, 1].map((q) => quantile(frames, q).toFixed(1));
    console.log(`dashboard: 10000 sockets, script time per frame p50 ${p50} ms, p99 ${p99} ms, max ${max} ms`);
    holds(frames.length >= FEWEST_FRAMES, `at least ${FEWEST_FRAMES} frames`, frames.length);
    holds(Number(max) < FRAME_MS, `less than ${FRAME_MS} ms of script in each frame`, max);
    await takePicture(admin.page, "dashboard-10000", CHARTS);
    await t.nothingWentWrong();
  },

  "a phone shows them, too": async (t) => {
    const admin = await t.enter(t.servers.large, { width: 390, height: 760, dark: true });
    await seconds(admin, 3);
    await takePicture(admin.page, "dashboard-phone", CHARTS);
    await t.nothingWentWrong();
  },
};

/** Does what somebody does who looks for something: each view, some pages, a search, one socket. */
async function lookAround(admin) {
  await admin.logIn("secret");
  await admin.sees("the overview", "#overview");
  await seconds(admin, 3);
  const total = await admin.texts("#namespaces a");
  equal(total.filter((text) => text === "2,500").length, 4, "namespaces with 2,500 sockets");

  await admin.go("view=sockets&nsp=/chat");
  for (const page of ["1–100", "101–200", "201–300"]) {
    await admin.reads("#sockets-page", `${page} of 2,500`);
    await admin.press("#sockets-next");
  }
  const id = await admin.text("#sockets-rows tr:nth-child(7) a");
  await admin.fill("#sockets-search", id.slice(3, 12));
  await admin.reads("#sockets-page", "1–1 of 1");
  await admin.fill("#sockets-search", "127.0.0");
  await admin.reads("#sockets-page", "1–100 of 2,500");

  await admin.go("view=rooms&nsp=/chat");
  await admin.fill("#rooms-prefix", "room 24");
  await eventually("eleven rooms", async () => (await admin.texts("#rooms-rows a")).length === 11);

  await admin.openSocket("nsp=/chat");
  await eventually("some of its events", async () => (await admin.texts("#tail tr")).length >= 4);
  await admin.go("view=overview");
  await seconds(admin, 3);
}

/** Waits until the overview has been drawn so often with other figures. */
async function seconds(admin, n) {
  for (let i = 0; i < n; i++) {
    const before = await admin.text("#cards");
    await eventually("other figures", async () => (await admin.text("#cards")) !== before);
  }
}
