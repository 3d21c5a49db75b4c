// The chat of `sio serve`, by the eyes of those who use it. Each test runs in each browser.

import { equal, holds } from "../lib/expect.mjs";
import { eventually, paintLandscape } from "./visit.mjs";

/** Runs in the page before its scripts: each WebSocket fails, as behind a proxy that knows none. */
function failWebSockets() {
  window.webSocketsTried = 0;
  window.WebSocket = class extends EventTarget {
    readyState = 0;
    constructor() {
      super();
      window.webSocketsTried++;
      setTimeout(() => {
        this.readyState = 3;
        this.onerror?.(new Event("error"));
        this.onclose?.(new CloseEvent("close", { code: 1006 }));
      });
    }
    close() {}
    send() {}
  };
}

/** The names that screen readers have for what can be used and for the regions, by selectors. */
function accessibleNames() {
  const used = "button, input, select, aside, section, [role], main img";
  return [...document.querySelectorAll(used)]
    .filter((element) => element.getClientRects().length > 0 && !element.closest("[aria-hidden]") && element.role !== "status" && element.role !== "alert")
    .map((element) => {
      const labelled = document.getElementById(element.getAttribute("aria-labelledby"));
      const name = element.getAttribute("aria-label") ?? labelled?.textContent ?? element.labels?.[0]?.textContent ?? element.alt;
      return [`${element.localName}#${element.id}`, (name ?? (element.localName === "button" ? element.textContent : "")).trim()];
    });
}

/** What reaches beyond the width of the page. */
function tooWide() {
  const reaches = (element) => element.getBoundingClientRect().right > innerWidth && !element.classList.contains("hidden");
  return [...document.querySelectorAll("body *")].filter(reaches).map(({ localName, id, className }) => `${localName}#${id}.${className}`);
}

export const demoTests = {
  "two pages talk over WebSocket, and see who is there and who writes": async (t) => {
    const ada = await t.enter("Ada");
    const bob = await t.enter("Bob");
    await eventually("Ada to see Bob", async () => (await ada.people()).join() === "Ada,Bob");
    holds((await ada.texts("#rooms .name")).includes(t.room), "the room among the rooms", t.room);
    await eventually("Ada to see that Bob writes", async () => {
      await bob.write("h"); // again and again: what is volatile may be dropped
      return (await ada.texts("#writing"))[0] === "Bob is writing …";
    });
    await bob.page.press("Enter");
    await bob.isHeard();
    await ada.shows("#writing", "nothing");
    await ada.say("hello 😀");
    const said = await bob.lines();
    await ada.sees(said[0], "Ada: hello 😀");
    await bob.sees(said[0], "Ada: hello 😀");
    await ada.isHeard();
    await ada.shows("#upgrade", "upgradeTook");
    await ada.shows("#latency", "ms");
    await t.nothingWentWrong();
  },

  "a picture arrives as it was sent": async (t) => {
    const ada = await t.enter("Ada");
    const bob = await t.enter("Bob");
    await ada.page.choose("#picture", await paintLandscape(ada.page));
    const sizes = () => bob.page.run(() => [...document.querySelectorAll(".bubble img")].map((i) => [i.naturalWidth, i.naturalHeight, i.alt]));
    await eventually("the picture", async () => `${await sizes()}` === "320,180,Picture from Ada");
    await ada.isHeard();
    await t.nothingWentWrong();
  },

  "a file that is no picture is not sent": async (t) => {
    const ada = await t.enter("Ada");
    await ada.page.choose("#picture", new URL("tests.mjs", import.meta.url).pathname);
    await ada.shows("#problem", "noPicture");
    equal(await ada.lines(), [], "lines");
    await t.nothingWentWrong();
  },

  "with WebSocket blocked two pages talk over polling": async (t) => {
    const blocked = { before: [failWebSockets], transport: "polling" };
    const ada = await t.enter("Ada", blocked);
    const bob = await t.enter("Bob", blocked);
    await eventually("an attempt at WebSocket", () => ada.page.run(() => window.webSocketsTried > 0));
    for (const text of ["one", "two"]) await ada.say(text);
    await bob.sees("Ada: one", "Ada: two");
    await bob.say("three");
    await ada.sees("Ada: one", "Ada: two", "Bob: three");
    await ada.isHeard();
    equal(await ada.transport(), "polling", "transport");
    equal(await ada.texts("#upgrade"), ["not yet"], "upgrade");
    await t.nothingWentWrong();
  },

  "after the server was started anew both pages are back by themselves, and what was said meanwhile arrives": async (t) => {
    const ada = await t.enter("Ada");
    const bob = await t.enter("Bob");
    await t.server.stop();
    await ada.shows("#state", "reconnecting");
    await ada.say("meanwhile");
    equal(await ada.texts(".fate"), ["waits for the server"], "what became of it");
    await t.server.start();
    for (const person of [ada, bob]) {
      await person.shows("#state", "online");
      await person.shows("#recovery", "anew");
      await eventually("both to be there", async () => (await person.people()).join() === "Ada,Bob");
      equal(await person.texts("#reconnections"), ["1"], "reconnections");
    }
    await ada.isHeard();
    await bob.say("there you are");
    await ada.sees("Ada: meanwhile", "Bob: there you are");
    await t.nothingWentWrong();
  },

  "a page that was cut off while the server was away does not come back by itself": async (t) => {
    const ada = await t.enter("Ada");
    const bob = await t.enter("Bob");
    await t.server.stop();
    await bob.shows("#state", "reconnecting");
    await bob.press("#cut");
    await bob.shows("#state", "isCut");
    await t.server.start();
    await ada.shows("#state", "online");
    await bob.shows("#state", "isCut");
    await bob.press("#cut");
    await bob.shows("#state", "online");
    await eventually("both to be there", async () => (await ada.people()).join() === "Ada,Bob");
    await t.nothingWentWrong();
  },

  "a page that was cut off gets what it missed, once and in order, and what it said arrives": async (t) => {
    const ada = await t.enter("Ada");
    const bob = await t.enter("Bob");
    await bob.press("#cut");
    await bob.shows("#state", "isCut");
    await eventually("Ada to see that Bob is gone", async () => (await ada.people()).join() === "Ada");
    await bob.say("from the tunnel");
    for (const text of ["one", "two"]) await ada.say(text);
    await ada.isHeard();
    await bob.press("#cut");
    await bob.shows("#recovery", "recovered");
    equal(await bob.texts("#recovery"), ["recovered, 2 missed"], "the last return");
    await bob.sees("Bob: from the tunnel", "Ada: one", "Ada: two");
    await ada.sees("Ada: one", "Ada: two", "Bob: from the tunnel");
    await bob.isHeard();
    await eventually("both to be there", async () => (await ada.people()).join() === "Ada,Bob");
    await t.nothingWentWrong();
  },

  "markup in names, rooms and messages stays text": async (t) => {
    const hurt = '<img src=x onerror="hurt=1">';
    const room = "<script>hurt=1</script>";
    const ada = await t.enter(hurt, { room });
    const bob = await t.enter("<b>Bob</b>", { room });
    const message = "<svg onload=hurt=1> &amp; <a href='javascript:hurt=1'>x</a> {name}";
    await ada.say(message);
    await bob.sees(`${hurt}: ${message}`);
    await eventually("both to be there", async () => (await bob.people()).join() === `<b>Bob</b>,${hurt}`);
    holds((await bob.texts("#rooms .name")).includes(room), "the room among the rooms", room);
    await eventually("the number of people", async () => (await bob.texts("#where"))[0] === `${room} · 2 here`);
    const made = () => [...document.querySelectorAll("#chat :is(script, a, b:not(.from)), #lines :is(img, svg)")].length;
    for (const { page } of [ada, bob]) equal(await page.run(made), 0, "elements made by markup");
    equal(await bob.page.run(() => typeof window.hurt), "undefined", "what the markup would have set");
    await t.nothingWentWrong();
  },

  "one enters, talks and changes the room by keys alone": async (t) => {
    const ada = await t.open();
    ada.name = "Ada";
    const focused = () => ada.page.run(() => document.activeElement.id);
    const reach = (id, key) =>
      eventually(`${key} to lead to #${id}`, async () => {
        if ((await focused()) === id) return true;
        await ada.page.press(key);
      });
    await reach("name", "Tab");
    await ada.page.type("Ada");
    await reach("room", "Tab");
    await ada.page.press("Enter");
    await eventually("Ada to be there", async () => (await ada.people()).join() === "Ada");
    equal(await focused(), "text", "where the focus is");
    await ada.page.type("no mouse");
    await ada.page.press("Enter");
    await ada.sees("Ada: no mouse");
    await reach("other-room", "Shift+Tab");
    await ada.page.type(`${t.room} attic`);
    await ada.page.press("Enter");
    await eventually("Ada to be in the attic", async () => (await ada.texts("#where"))[0] === `${t.room} attic · 1 here`);
    equal(await ada.lines(), [], "lines of the new room");
    await reach("cut", "Tab");
    await ada.page.press("Enter");
    await ada.shows("#state", "isCut");
    await ada.page.press("Enter");
    await ada.shows("#state", "online");
    await t.nothingWentWrong();
  },

  "the focus stays on a room when others come and go": async (t) => {
    const ada = await t.enter("Ada");
    await ada.page.run(() => document.querySelector("button.room[aria-current]").focus());
    const bob = await t.enter("Bob", { room: `${t.room} attic` });
    await eventually("Ada to see the other room", async () => (await ada.texts("#rooms .name")).includes(`${t.room} attic`));
    equal(await ada.page.run(() => document.activeElement.dataset.room), t.room, "where the focus is");
    await bob.press(`[data-room="${t.room}"]`);
    await eventually("Ada to see Bob come", async () => (await ada.people()).join() === "Ada,Bob");
    equal(await ada.page.run(() => document.activeElement.dataset.room), t.room, "where the focus is");
    await t.nothingWentWrong();
  },

  "a link that is none leads to the lobby, and a name that is too long is cut": async (t) => {
    for (const [hash, want] of [["%E0%A4%A", "lobby"], ["%20", "lobby"], ["%F0%9F%98%80".repeat(40), "😀".repeat(32)]]) {
      const { page } = await t.open({ hash });
      equal(await page.run(() => document.querySelector("#room").value), want, `the room of #${hash}`);
    }
    await t.nothingWentWrong();
  },

  "everything has a name for screen readers, in both languages": async (t) => {
    const ada = await t.open();
    const nameless = (names) => names.filter(([, name]) => name === "");
    equal(nameless(await ada.page.run(accessibleNames)), [], "what has no name before one enters");
    await ada.enter("Ada", t.room, "websocket");
    await ada.page.choose("#picture", await paintLandscape(ada.page));
    await ada.isHeard();
    const english = await ada.page.run(accessibleNames);
    equal(nameless(english), [], "what has no name");
    holds(english.length >= 12, "the page's controls and regions", english);
    await ada.page.run(() => {
      const language = document.querySelector("#language");
      language.value = "zh";
      language.dispatchEvent(new Event("change"));
    });
    equal(await ada.page.run(() => document.documentElement.lang), "zh", "language");
    const alike = (await ada.page.run(accessibleNames)).filter(([what, name]) => what !== "button#" && !/[\u4e00-\u9fff]/.test(name) && !what.startsWith("img"));
    equal(alike, [], "what is not in Chinese");
    await t.nothingWentWrong();
  },

  "the page fits a phone, where its panels open and close": async (t) => {
    const ada = await t.enter("A".repeat(32), { width: 360, height: 640, room: "W".repeat(32) });
    await ada.say("w".repeat(200));
    await ada.isHeard();
    const visible = (id) => ada.page.run((id) => document.getElementById(id).getClientRects().length > 0, id);
    for (const id of ["people-panel", "line-panel"]) {
      equal(await visible(id), false, `${id} at first`);
      await ada.press(`[data-opens=${id}]`);
      equal(await visible(id), true, `${id} once it is opened`);
      equal(await ada.page.run(tooWide), [], `what is too wide with ${id}`);
      await ada.page.press("Escape");
      equal(await visible(id), false, `${id} once it is closed`);
    }
    await t.nothingWentWrong();
  },

  "the policy lets no script run that the server has not served": async (t) => {
    const ada = await t.open();
    const ran = await ada.page.run(() => {
      const tries = [
        () => document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='hurt=1'>"),
        () => document.body.append(Object.assign(document.createElement("script"), { textContent: "hurt=1" })),
        () => document.body.setAttribute("onclick", "hurt=1"),
        () => document.body.click(),
      ];
      for (const attempt of tries) {
        try {
          attempt();
        } catch {
          // Refused before it could be tried.
        }
      }
      return typeof window.hurt;
    });
    equal(ran, "undefined", "what a script would have set");
    const found = () => ada.page.run(() => window.problems.some((problem) => / forbids /.test(problem)));
    await eventually("the browser to tell that the policy forbids it", found);
  },
};
