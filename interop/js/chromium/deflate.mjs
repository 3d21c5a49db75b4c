// Compression: permessage-deflate with Chromium as the peer.

import { equal } from "../lib/expect.mjs";

const url = (base) => `${base.replace("http", "ws")}/deflate/?EIO=4&transport=websocket`;

/** In the page: echoes texts that repeat themselves, short ones and long ones. */
async function echoes(url) {
  const texts = Array.from({ length: 8 }, (_, id) => `${id} ${"κόσμε ".repeat(id * id * 100)}`);
  const ws = new WebSocket(url);
  const answers = [];
  await new Promise((resolve, reject) => {
    ws.onerror = () => reject(new Error("the WebSocket failed"));
    ws.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    ws.onopen = () => {
      ws.send("40");
      texts.forEach((text, id) => ws.send(`42${id}["echo",${JSON.stringify(text)}]`));
    };
    ws.onmessage = ({ data }) => {
      if (data.startsWith("43") && answers.push(data) === texts.length) resolve();
    };
  });
  ws.onclose = null;
  ws.close();
  return { extensions: ws.extensions, right: texts.every((text, id) => answers[id] === `43${id}[${JSON.stringify(text)}]`) };
}

/** The tests, against a fixture that runs, from a page at this origin. */
export const deflateTests = ({ base }, origin) => ({
  "/deflate/: Chromium and the server compress": async (t) => {
    const page = await t.open(origin);
    const got = await page.evaluate(echoes, url(base));
    const want = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
    equal(got, { extensions: want, right: true }, "extensions, and whether all echoes were right");
  },
});
