/** What a connection may be made of. The lite build has transports-lite.ts in its place. */
export { upgradeFrom } from "./upgrade.js";
