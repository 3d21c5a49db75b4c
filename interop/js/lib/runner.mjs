// The test runner: tests are functions in an object, named by sentences; they
// run one after the other, each with its own context and time limit.

import { Mismatch } from "./expect.mjs";

const TEST_LIMIT_MS = 25_000;

/** A test that runs only where the predicate holds for its context. */
export const where = (applies, test) => Object.assign(test, { applies });

/** Counts of one part of the run, and what to print of its failures. */
export class Report {
  passed = 0;
  failed = 0;

  #stopped = false;

  constructor(part) {
    this.part = part;
  }

  /** Counts a failure and prints its line. */
  fail(title, error) {
    this.failed++;
    console.log(`FAIL ${this.part}: ${title}: ${oneLine(error)}`);
  }

  /** Counts a test that could not run as failed; the reason is printed once. */
  notRun(reason) {
    this.failed++;
    if (!this.#stopped) console.log(`FAIL ${this.part}: expected to run all tests, but ${reason}; the rest counts as failed`);
    this.#stopped = true;
  }

  summary() {
    return `${this.part}: ${this.passed} passed, ${this.failed} failed`;
  }
}

/**
 * Runs the tests into the report.
 *
 * `makeContext()` gives what each test function receives; its `close()` is
 * awaited after the test. `stopped()` says why the rest can not run (undefined
 * while it can); what was not run counts as failed. `only` keeps the tests
 * whose title holds that text; each may take limitMs (default 25 s).
 */
export async function runTests(report, label, tests, { makeContext, stopped, only = "", limitMs = TEST_LIMIT_MS }) {
  for (const [name, test] of Object.entries(tests)) {
    const title = `[${label}] ${name}`;
    const context = makeContext();
    if (!title.includes(only) || test.applies?.(context) === false) continue;
    const reason = stopped();
    if (reason !== undefined) {
      report.notRun(reason);
      continue;
    }
    try {
      await limited(test(context), limitMs);
      report.passed++;
    } catch (error) {
      report.fail(title, error);
    } finally {
      await context.close();
    }
  }
}

// Clients call listeners from timers and sockets: what these throw belongs to
// the test that is running.
let interrupt = (error) => {
  throw error;
};
process.on("uncaughtException", (error) => interrupt(error));

async function limited(promise, limitMs) {
  let timer;
  const limit = new Promise((_, reject) => {
    interrupt = reject;
    timer = setTimeout(() => reject(new Mismatch(`expected to end within ${limitMs} ms`)), limitMs);
  });
  promise.catch(() => {});
  try {
    await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
  }
}

function oneLine(error) {
  if (error instanceof Mismatch) return error.message;
  const place = error.stack?.split("\n").find((line) => line.includes("/interop/js/") && !line.includes("node_modules"));
  return `expected no error, got ${error.message?.replaceAll("\n", " ")} (${place?.trim() ?? "outside the tests"})`;
}
