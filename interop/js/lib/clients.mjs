// The released socket.io-client versions under test, side by side through the
// npm aliases of package.json, and the engine.io-client each depends on.

import { createRequire } from "node:module";

export const versions = ["4.0.0", "4.3.2", "4.8.4"];

/** How a client gets its connection; "upgrade" starts with polling and moves on to WebSocket. */
export const modes = {
  polling: ["polling"],
  websocket: ["websocket"],
  upgrade: ["polling", "websocket"],
};

/** What a version can do that an older one can not. */
const features = {
  timeout: [4, 4],
  onAnyOutgoing: [4, 5],
  emitWithAck: [4, 6],
  recovery: [4, 6],
  addTrailingSlash: [4, 6],
};

/** Loads one version: `{version, io, Engine, has(feature)}`. Version 2 exports `io` as a whole. */
export async function loadClient(version) {
  const { io, default: whole } = await import(`client-${version}`);
  const requireOfClient = createRequire(new URL(`../node_modules/client-${version}/package.json`, import.meta.url));
  const { Socket: Engine } = requireOfClient("engine.io-client");
  const [major, minor] = version.split(".").map(Number);
  const has = (feature) => {
    const [sinceMajor, sinceMinor] = features[feature];
    return major > sinceMajor || (major === sinceMajor && minor >= sinceMinor);
  };
  return { version, io: io ?? whole, Engine, has };
}
