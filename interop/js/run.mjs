// Runs the released JavaScript clients against Socket.IO for Go.
//
//   node run.mjs             all parts
//   node run.mjs js          the clients in Node, against interop/fixture
//   node run.mjs v2          more of the client of version 2, against the same
//   node run.mjs chromium    the walk-through page in Chromium
//   node run.mjs admin       the admin, by the official client and the official page
//   node run.mjs demo        the chat of `sio serve`, in Chromium and in Firefox
//   node run.mjs dashboard   the dashboard of package admin, in Chromium
//
// ONLY="some words" keeps the tests whose title holds them. What the servers
// under test are: see lib/fixture.mjs (FIXTURE, TARGET), chromium/main.mjs
// (WALKTHROUGH), admin/main.mjs (ADMIN) and demo/main.mjs (SIO). The exit status is 0 if and only if nothing failed.

import { runAdminPart } from "./admin/main.mjs";
import { runChromiumPart } from "./chromium/main.mjs";
import { runDashboardPart } from "./dashboard/main.mjs";
import { runDemoPart } from "./demo/main.mjs";
import { Report } from "./lib/runner.mjs";
import { runNodePart } from "./node/main.mjs";
import { runVersion2Part } from "./v2.mjs";

const parts = {
  js: runNodePart,
  v2: runVersion2Part,
  chromium: runChromiumPart,
  admin: runAdminPart,
  demo: runDemoPart,
  dashboard: runDashboardPart,
};

process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));

/** Runs a part; one that can not even begin counts as one failure. */
async function runPart(name, only) {
  try {
    return await parts[name](only);
  } catch (error) {
    const report = new Report(name);
    report.fail("[setup]", error);
    return report;
  }
}

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`unknown part: ${unknown.join(", ")}; the parts are ${Object.keys(parts).join(", ")}`);
  process.exit(2);
}

const reports = [];
for (const name of chosen.length > 0 ? chosen : Object.keys(parts)) {
  const report = await runPart(name, process.env.ONLY);
  console.log(report.summary());
  reports.push(report);
}
process.exit(reports.every(({ failed }) => failed === 0) ? 0 : 1);
