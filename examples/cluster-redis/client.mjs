import { client, collect, equal, next, play } from "../internal/official/official.mjs";

const ways = [["polling"], ["websocket"], ["polling", "websocket"]];

play(async (url) => {
  const all = Array.from({ length: 12 }, (_, i) => {
    // Browsers send cookies back without being told. The address is for balancers that are
    // sticky by it, to which these clients would else be one.
    const socket = client(url, {
      transports: ways[i % ways.length],
      withCredentials: true,
      extraHeaders: { "X-Forwarded-For": `10.0.${i}.1` },
    });
    const upgraded = i % ways.length === 2 && next(socket.io.engine, "upgrade");
    return { socket, upgraded, lines: collect(socket, "say") };
  });
  const servers = new Set((await Promise.all(all.map(({ socket }) => next(socket, "server")))).map(([name]) => name));
  equal(servers.size > 1, true, "whether they are at several servers");
  await Promise.all(all.map(({ upgraded }) => upgraded));

  all.forEach(({ socket }, i) => socket.emit("say", `line ${i}`));
  const want = all.map((_, i) => `line ${i}`).sort();
  for (const { lines } of all) {
    const heard = await lines.count(all.length); // behind each line is what recovery counts by
    equal(heard.map(([line]) => line).sort(), want, "what each is sent");
  }
  return `12 clients at ${servers.size} servers hear each other, over polling and WebSocket`;
});
