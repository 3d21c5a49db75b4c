// The session cookie of /cookie/ and /cookie2/.

import { equal } from "../lib/expect.mjs";
import { handshake, polling, request, webSocketHandshake } from "../lib/http.mjs";
import { settle } from "../lib/wait.mjs";

/** The parts of a Set-Cookie header: the pair as written, the attributes in lower case and sorted. */
function parts(header) {
  const [pair, ...attributes] = header.split(";").map((part) => part.trim());
  return { pair, attributes: attributes.map((attribute) => attribute.toLowerCase()).sort() };
}

async function cookie(base, path) {
  const { headers, open } = await handshake(base, path);
  return { sid: open.sid, cookies: (headers["set-cookie"] ?? []).map(parts) };
}

export const matrix = {
  "clients connect to a server that sets a cookie": async (t) => {
    await settle(await t.connect({ path: "/cookie/", withCredentials: true }));
  },
};

export const once = {
  "/cookie/: the handshake sets the session id as cookie io": async (t) => {
    const { sid, cookies } = await cookie(t.base, "/cookie/");
    equal(cookies, [{ pair: `io=${sid}`, attributes: ["httponly", "path=/", "samesite=lax"] }], "cookies");
  },

  "/cookie2/: the cookie has the name and attributes of the setting": async (t) => {
    const { sid, cookies } = await cookie(t.base, "/cookie2/");
    equal(cookies, [{ pair: `my-sid=${sid}`, attributes: ["max-age=86400", "path=/custom", "samesite=strict"] }], "cookies");
  },

  "/cookie/: only the first answer of a polling session sets it": async (t) => {
    const { open } = await handshake(t.base, "/cookie/");
    const query = polling({ sid: open.sid });
    const sent = await request(t.base, "/cookie/", { method: "POST", query, body: "40" });
    const polled = await request(t.base, "/cookie/", { query });
    const ended = await request(t.base, "/cookie/", { method: "POST", query, body: "1" });
    equal([sent, polled, ended].map(({ status }) => status), [200, 200, 200], "status");
    equal([sent, polled, ended].map(({ headers }) => headers["set-cookie"]), [undefined, undefined, undefined], "cookies");
  },

  "/cookie/: a WebSocket handshake sets none": async (t) => {
    const { opened, headers } = await webSocketHandshake(t.base, "/cookie/");
    equal([opened, headers["set-cookie"]], [true, undefined], "opened, cookie");
  },
};
