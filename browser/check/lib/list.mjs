// The checks, numbered in the order of what they check.

import { readFileSync, writeFileSync } from "node:fs";
import * as bundles from "../checks/bundles.mjs";
import * as buffering from "../checks/buffering.mjs";
import * as engineSuite from "../checks/enginesuite.mjs";
import * as entry from "../checks/entry.mjs";
import * as faults from "../checks/faults.mjs";
import * as manager from "../checks/manager.mjs";
import * as multiplexing from "../checks/multiplexing.mjs";
import * as options from "../checks/options.mjs";
import * as pages from "../checks/pages.mjs";
import * as reconnection from "../checks/reconnection.mjs";
import * as recovery from "../checks/recovery.mjs";
import * as retries from "../checks/retries.mjs";
import * as socket from "../checks/socket.mjs";
import * as socketSuite from "../checks/socketsuite.mjs";
import * as transports from "../checks/transports.mjs";

const files = { entry, options, manager, socket, reconnection, buffering, retries, recovery, multiplexing, transports, bundles, socketSuite, engineSuite, faults, pages };

const path = new URL("../list.tsv", import.meta.url);

/** The checks: `{number, source, sentence, file, check}`. */
export const list = Object.entries(files)
  .flatMap(([file, { source, checks }]) => Object.entries(checks).map(([sentence, check]) => ({ source, sentence, file, check })))
  .map((entry, i) => ({ number: i + 1, ...entry }));

const text = () =>
  ["number\tof\tsentence\tcheck", ...list.map(({ number, source, sentence, file }) => [number, source, sentence, `checks/${file.toLowerCase()}.mjs`].join("\t"))].join("\n") + "\n";

/** Whether the committed list is that of the checks. */
export const isCurrent = () => readFileSync(path, "utf8") === text();

export const write = () => writeFileSync(path, text());
