// The dashboard, by the eyes of those who use it.

import { equal, holds } from "../lib/expect.mjs";
import { faint, tooWide, unnamed } from "./access.mjs";
import { eventually } from "./visit.mjs";

/** What stands in interop/dashboard for whatever somebody may call himself. */
const markup = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

const views = ["view=overview", "view=sockets&nsp=/chat", "view=rooms&nsp=/chat", "view=refused"];

export const dashboardTests = {
  "a wrong password is refused, the right one lets in": async (t) => {
    const admin = await t.open(t.servers.free);
    equal(await admin.text("#login-problem"), "", "what is said before anybody has tried");
    await admin.logIn("guess");
    await admin.reads("#login-problem", "invalid credentials");
    equal(await admin.texts("#overview, #views, #log-out"), [], "what is seen without a password");
    await admin.logIn("secret");
    await admin.sees("the overview", "#overview");
    await admin.seesNo("the form", "#login");
    await t.nothingWentWrong();
  },

  "a reload needs no password, and after logging out one is needed": async (t) => {
    const admin = await t.enter(t.servers.free, { place: "view=rooms" });
    await admin.page.reload();
    await admin.sees("the rooms", "#rooms");
    await admin.press("#log-out");
    await admin.sees("the form", "#login");
    await admin.page.reload();
    await admin.sees("the form", "#login");
    equal(await admin.text("#login-problem"), "", "what is said of it");
    await t.nothingWentWrong();
  },

  "a link cannot lead the password elsewhere": async (t) => {
    const admin = await t.enter(t.servers.free, { query: "?namespace=@elsewhere.example:1/admin&path=elsewhere" });
    await admin.reads("#state", "connected");
    await t.nothingWentWrong();
  },

  "the overview has the nodes, the namespaces and what goes on": async (t) => {
    const admin = await t.enter(t.servers.free);
    const nodes = () => admin.texts("#nodes tr");
    await eventually("both nodes", async () => (await nodes()).filter((row) => /^node-[ab]healthy/.test(row)).length === 2);
    const namespaces = await admin.texts("#namespaces th");
    equal(namespaces.filter((name) => ["/", "/chat", "/feed", "/game"].includes(name)).length, 4, "namespaces among those that are listed");
    await eventually("events that come and go", async () => /^Events in the last.*: in [1-9].*; out [1-9]/.test(await admin.page.run(() => document.querySelectorAll("canvas")[2].ariaLabel)));
    const drawn = () => admin.page.run(() => [...document.querySelectorAll("canvas")].every((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.some(Boolean)));
    await eventually("each chart to be drawn", drawn);
    await t.nothingWentWrong();
  },

  "sockets are found by namespace, room and part of their id": async (t) => {
    const admin = await t.enter(t.servers.free, { place: "view=sockets&nsp=/" });
    const ids = () => admin.texts("#sockets-rows a");
    await eventually("the sockets of three clients", async () => (await ids()).length === 3);
    const [wanted] = await ids();
    await admin.fill("#sockets-search", wanted.slice(2, 14));
    await eventually("the one", async () => `${await ids()}` === wanted);
    await admin.fill("#sockets-search", "");
    await admin.fill("#sockets-room", "no such room");
    await admin.reads("#sockets-note", "There is no such socket");
    await admin.fill("#sockets-room", "room 1");
    await eventually("those of the room", async () => (await ids()).length > 0);
    equal(await admin.page.run(() => location.hash), "#view=sockets&nsp=%2F&room=room+1", "the address, for a colleague");
    await t.nothingWentWrong();
  },

  "a socket has its data, its rooms and its events as they come": async (t) => {
    const admin = await t.enter(t.servers.free);
    await admin.openSocket("nsp=/&room=room 1");
    await admin.reads("#socket-data", '"room": "room 1"');
    await admin.reads("#socket-rooms", "room 1");
    await admin.reads("#tail", "said");
    await admin.reads("#tail", "Good morning!");
    await admin.fill("#tail-filter", "nothing is called so");
    await admin.press("#tail-clear");
    const before = await admin.text("#tail-count");
    await eventually("more events", async () => (await admin.text("#tail-count")) !== before);
    equal(await admin.texts("#tail tr"), [], "lines of events with another name");
    await t.nothingWentWrong();
  },

  "a socket joins a room and leaves it": async (t) => {
    const admin = await t.enter(t.servers.free);
    await admin.openSocket("nsp=/game&room=room 1");
    await admin.fill("#join-room", "staff only");
    await admin.pressText("#join", "Join");
    await admin.reads("#socket-rooms", "staff only");
    await admin.press('[aria-label="Leave room staff only"]');
    await eventually("the room to be gone", async () => !(await admin.text("#socket-rooms")).includes("staff only"));
    await t.nothingWentWrong();
  },

  "an event reaches a room, once its arguments are a list": async (t) => {
    const admin = await t.enter(t.servers.free, { place: "view=rooms&nsp=/game" });
    await admin.sees("a room", "#rooms-rows button");
    await admin.press('[aria-label="Emit to all sockets in room room 1 of /game"]');
    await admin.fill("#emit-event", "notice");
    await admin.fill("#emit-args", '"closing"');
    await admin.press("#emit-form .strong");
    await admin.reads("#emit-problem", "no list in JSON");
    await admin.fill("#emit-args", '["closing at ten"]');
    await admin.press("#emit-form .strong");
    const got = "a client of /game got notice closing at ten";
    await eventually("clients to get it", () => t.servers.free.lines.includes(got));
    await t.nothingWentWrong();
  },

  "a room is emptied": async (t) => {
    const admin = await t.enter(t.servers.free);
    const id = await admin.openSocket("nsp=/feed&room=room 1");
    await admin.fill("#join-room", "short-lived");
    await admin.pressText("#join", "Join");
    await admin.go("view=rooms&nsp=/feed&search=short");
    await admin.reads("#rooms-rows", "short-lived");
    await admin.press('[aria-label^="Make leave it: all sockets in room short-lived"]');
    await admin.pressText("#confirm", "Empty the room");
    await admin.reads("#rooms-note", "There is no such room");
    await admin.go(`view=socket&nsp=/feed&id=${id}`);
    await admin.reads("#socket-facts", "Namespace");
    await t.nothingWentWrong();
  },

  "a socket is disconnected, after a question": async (t) => {
    const admin = await t.enter(t.servers.free);
    await admin.openSocket("nsp=/feed&room=room 1");
    await admin.press("#socket-actions .danger");
    await admin.pressText("#confirm", "Cancel");
    equal(await admin.text("#socket-note"), "", "what is said after the question alone");
    await admin.press("#socket-actions .danger");
    await admin.pressText("#confirm", "From the namespace");
    await admin.reads("#socket-note", "not connected any more");
    await t.nothingWentWrong();
  },

  "who closes the dashboard's own connection sees it come back": async (t) => {
    const admin = await t.enter(t.servers.free);
    const id = await admin.openSocket("nsp=/admin");
    await admin.press("#socket-actions .danger");
    await admin.pressText("#confirm", "Close connections");
    await admin.reads("#socket-note", "not connected any more");
    await admin.go("view=sockets&nsp=/admin");
    await eventually("its new socket", async () => (await admin.texts("#sockets-rows a")).some((other) => other !== id));
    await admin.reads("#state", "connected");
    await t.nothingWentWrong();
  },

  "refused requests are there with their reason and a hint": async (t) => {
    const admin = await t.enter(t.servers.free);
    for (let i = 0; i < 3; i++) await fetch(`${t.servers.free.url}/socket.io/?EIO=4&transport=polling&sid=unknown`);
    await admin.reads("#verdict", "Requests are being refused: Session ID unknown");
    await admin.press("#verdict a");
    await admin.sees("what was refused", "#refused-rows tr");
    await admin.reads("#refused-rows .reason", "Session ID unknown");
    await admin.reads("#refused-rows", "127.0.0.1");
    await t.nothingWentWrong();
  },

  "names that are markup are shown as they are": async (t) => {
    const admin = await t.enter(t.servers.hostile, { place: "view=rooms&nsp=/" });
    await eventually("the room", async () => (await admin.texts("#rooms-rows a")).includes(markup));
    await admin.press(`#rooms-rows .danger`);
    await admin.reads("#confirm-title", "Disconnect all sockets in room");
    await admin.pressText("#confirm", "Cancel");
    await admin.openSocket(`nsp=/&room=${encodeURIComponent(markup)}`);
    await admin.reads("#socket-rooms", markup);
    await admin.reads("#socket-data", JSON.stringify(markup));
    await admin.reads("#tail", markup);
    await admin.go("view=overview");
    await eventually("the namespace", async () => (await admin.texts("#namespaces th")).includes(`/${markup}`));
    equal(await admin.page.run(() => [window.hacked, document.querySelectorAll("img").length, document.querySelectorAll("script").length]), [undefined, 1, 1], "what has become of it");
    await t.nothingWentWrong();
  },

  "a read-only server offers nothing to do": async (t) => {
    const admin = await t.enter(t.servers.readOnly);
    await admin.sees("the word for it", "#mode");
    const actions = "#socket-actions button, #sockets-actions button, #rooms-rows button, #socket-rooms button, #join button";
    await admin.go("view=rooms&nsp=/");
    await admin.sees("a room", "#rooms-rows a");
    equal(await admin.texts(actions), [], "actions on rooms");
    await admin.openSocket("nsp=/");
    await admin.sees("its rooms", "#socket-rooms a");
    equal(await admin.texts(actions), [], "actions on a socket");
    await admin.go("view=sockets&nsp=/");
    await admin.sees("a socket", "#sockets-rows a");
    equal(await admin.texts(actions), [], "actions on sockets");
    await t.nothingWentWrong();
  },

  "a node that does not answer is named": async (t) => {
    const admin = await t.enter(t.servers.frail);
    await eventually("both nodes", async () => (await admin.texts("#nodes tr")).length === 2);
    await fetch(`${t.servers.frail.url}/end-node`, { method: "POST" });
    await admin.reads("#verdict", "Node node-b does not answer");
    await admin.reads("#nodes", "node-bsilent");
    await t.nothingWentWrong();
  },

  "a server that is gone is said to be, and found when it is there again": async (t) => {
    const admin = await t.enter(t.servers.frail);
    await t.servers.frail.stop();
    await admin.sees("that it is gone", "#lost");
    await admin.reads("#lost-text", "No connection since");
    await admin.reads("#state", "no connection");
    holds((await admin.page.run(() => document.title)).startsWith("✕"), "a title that says so", await admin.page.run(() => document.title));
    await t.servers.frail.start();
    await admin.press("#try-now");
    await admin.reads("#login-problem", "The session has ended"); // this server has never known it
    await admin.seesNo("that it is gone", "#lost");
    await admin.logIn("secret");
    await admin.sees("the overview", "#overview");
  },

  "on a phone nothing is too wide": async (t) => {
    const admin = await t.open(t.servers.free, { width: 390, height: 760, dark: true });
    equal(await admin.page.run(tooWide), [], "what is too wide of the form");
    await admin.logIn("secret");
    await admin.sees("the overview", "#overview");
    for (const place of views) {
      await admin.go(place);
      equal(await admin.page.run(tooWide), [], `what is too wide of ${place}`);
    }
    await admin.openSocket("nsp=/chat");
    equal(await admin.page.run(tooWide), [], "what is too wide of a socket");
    await t.nothingWentWrong();
  },

  "screen readers find names, and eyes enough contrast": async (t) => {
    for (const dark of [false, true]) {
      const admin = await t.open(t.servers.free, { dark });
      const check = async (what) => {
        equal(await admin.page.run(unnamed), [], `what has no name in ${what}`);
        equal(await admin.page.run(faint), [], `what is too faint in ${what}`);
      };
      await check("the form");
      await admin.logIn("secret");
      await admin.sees("the overview", "#overview");
      for (const place of views) {
        await admin.go(place);
        await check(place);
      }
      await admin.openSocket("nsp=/chat");
      await check("a socket");
      await admin.press("#socket-actions .danger");
      await check("a question");
    }
    await t.nothingWentWrong();
  },

  "the keyboard is enough": async (t) => {
    const admin = await t.open(t.servers.free);
    await admin.page.type("admin");
    await admin.page.press("Tab");
    await admin.page.type("secret");
    await admin.page.press("Enter");
    await admin.sees("the overview", "#overview");
    const focused = () => admin.page.run(() => document.activeElement.textContent.trim());
    for (let i = 0; i < 9 && (await focused()) !== "Rooms"; i++) await admin.page.press("Shift+Tab");
    await admin.page.press("Enter");
    await admin.sees("the rooms", "#rooms");
    await admin.press("#skip");
    equal(await admin.page.run(() => document.activeElement.id), "main", "what follows the link to the content");
    await admin.sees("a room", "#rooms-rows .danger");
    await admin.page.run(() => document.querySelector("#rooms-rows .danger").focus());
    await admin.page.press("Enter");
    await admin.sees("the question", "#confirm");
    equal(await focused(), "Cancel", "the answer that a hasty Enter gives");
    await admin.page.press("Escape");
    await admin.seesNo("the question", "#confirm");
    equal(await focused(), "Disconnect…", "where the keyboard is again");
    await t.nothingWentWrong();
  },
};
