// Runs test files with node's own runner, prints its spec report, and counts the results.
import { once } from "node:events";
import { resolve } from "node:path";
import { run } from "node:test";
import { spec } from "node:test/reporters";
import { newTally, type Tally } from "./tally.ts";

// A file that hangs fails after this time.
const fileTimeoutMs = 10 * 60 * 1000;

/**
 * Runs the given files, `concurrency` at a time. A file that can't be loaded, or that contains no
 * test, counts as a failure.
 */
export async function runNodeTests(files: string[], concurrency: number): Promise<Tally> {
  const tally = newTally();
  if (files.length === 0) return tally;
  const paths = files.map((file) => resolve(file));
  const events = run({ files: paths, concurrency, timeout: fileTimeoutMs });
  const isFile = (name: string) => paths.includes(resolve(name));
  events.on("test:pass", ({ name, details, skip, todo }) => {
    if (details.type === "suite") return;
    if (isFile(name)) {
      console.error(`${name} contains no test`);
      tally.failed += 1;
    } else if (skip !== undefined || todo !== undefined) tally.skipped += 1;
    else tally.passed += 1;
  });
  events.on("test:fail", ({ details, todo }) => {
    if (todo !== undefined) tally.skipped += 1;
    else if (!isOnlyOfChildren(details.error)) tally.failed += 1;
  });
  const report = events.pipe(new spec());
  report.pipe(process.stdout, { end: false });
  await once(report, "end");
  return tally;
}

// A suite, or a test with subtests, fails if one of its tests fails, which is already counted.
function isOnlyOfChildren(error: Error): boolean {
  return "failureType" in error && error.failureType === "subtestsFailed";
}
