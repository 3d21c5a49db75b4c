// The official page, in Chromium, from another origin than the server's.

import { equal, holds } from "../lib/expect.mjs";
import { next, until } from "../lib/wait.mjs";

const text = (page) => page.locator("#app").innerText();

async function shows(page, what) {
  await until(`${JSON.stringify(what)} on the page`, async () => (await text(page)).includes(what));
}

async function turnTo(page, view) {
  await page.evaluate((place) => (location.hash = place), `#/${view}/`);
}

export const pageTests = {
  "who gives a wrong password is told so, and who gives the right one gets in": async (t) => {
    const page = await t.open("guess");
    await shows(page, "Invalid credentials");
    await page.getByLabel("Password").fill("secret");
    await page.getByRole("button", { name: "Connect" }).click();
    await turnTo(page, "servers");
    await shows(page, "the-server");
  },

  "a socket is listed with its rooms and events, and can be disconnected": async (t) => {
    const early = t.clients.open();
    await t.clients.connected(early);
    const page = await t.open();
    await turnTo(page, "sockets");
    await shows(page, early.id);
    const late = t.clients.open();
    await t.clients.connected(late);
    await shows(page, late.id);
    const id = late.id;
    late.emit("echo", "what is shown");
    await turnTo(page, "events");
    await shows(page, "echoed");
    await turnTo(page, "rooms");
    await shows(page, "lobby");
    await page.evaluate((place) => (location.hash = place), `#/n/%2F/sockets/${id}`);
    await shows(page, id);
    await turnTo(page, "sockets");
    const gone = next(late, "disconnect");
    await page.locator("tr", { hasText: id }).getByRole("button").click();
    equal((await gone)[0], "io server disconnect", "why it went");
    await turnTo(page, "sockets");
    await until("the socket to go from the page", async () => !(await text(page)).includes(id));
  },

  "a page that is loaded again needs no password": async (t) => {
    const page = await t.open();
    await until("the session in the page's storage", () => page.evaluate(() => localStorage.getItem("session_id")));
    await page.reload();
    await turnTo(page, "servers");
    await shows(page, "the-server");
    holds(!(await page.getByLabel("Password").isVisible()), "no form", await text(page));
  },
};

export const productionTests = {
  "in production the page shows servers, and no list of sockets": async (t) => {
    const socket = t.clients.open();
    await t.clients.connected(socket);
    const page = await t.open();
    await turnTo(page, "servers");
    await shows(page, "the-server");
    holds(!(await text(page)).includes("Sockets"), "no list of sockets", await text(page));
  },
};
