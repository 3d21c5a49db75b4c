import { ask, client, collect, equal, next, play, refused } from "../internal/official/official.mjs";

/** Enters, and resolves with the socket, the session and the users there are. */
async function enter(url, auth) {
  const socket = client(url, { auth });
  const [[session], [users]] = await Promise.all([next(socket, "session"), next(socket, "users")]);
  return { socket, session, users, id: session.userID };
}

/** Resolves when the server has handled all that a socket has sent. */
const settled = ({ socket }, to) => ask(socket, "private message", { content: "and this", to });

play(async (url) => {
  equal((await refused(url)).message, "invalid username", "what somebody without a name is told");
  const ada = await enter(url, { username: "ada" });
  const came = next(ada.socket, "user connected");
  const bob = await enter(url, { username: "bob" });
  const [eve, tab] = [await enter(url, { username: "eve" }), await enter(url, { sessionID: ada.session.sessionID })];
  equal((await came)[0], { userID: bob.id, username: "bob", connected: true, messages: [] }, "who came");
  equal([tab.id, bob.users.map(({ username }) => username)], [ada.id, ["ada", "bob"]], "who the second tab is, and who bob sees");

  // One's message is for the other, and for one's own other tabs.
  const message = { content: "psst", from: ada.id, to: bob.id };
  const [heard, others] = [next(bob.socket, "private message"), collect(eve.socket, "private message")];
  const copy = next(tab.socket, "private message");
  ada.socket.emit("private message", { content: "psst", to: bob.id, from: "somebody else" });
  equal([await heard, await copy], [[message], [message]], "what bob and the second tab hear");

  // One tab of two makes no difference; and who is gone finds later what was written.
  const gone = collect(ada.socket, "user disconnected");
  tab.socket.disconnect();
  bob.socket.disconnect();
  ada.socket.emit("private message", { content: "are you there?", to: bob.id });
  await settled(ada, bob.id);
  equal(await gone.count(1), [[bob.id]], "who has gone");
  const again = await enter(url, { sessionID: bob.session.sessionID });
  const { messages } = again.users.find(({ userID }) => userID === ada.id);
  equal(messages.map(({ content }) => content), ["psst", "are you there?", "and this"], "what bob finds");

  // Everything that eve was sent is there before the answer.
  await settled(eve, eve.id);
  equal([again.id, others.items, gone.items.length], [bob.id, [], 1], "whom bob is, what eve has heard, and who has gone");
  return "two talk in private, also while one of them is away";
});
