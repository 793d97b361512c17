// Adds up test runs, and prints `N passed, N failed` for all of them together.
//
//   node --import tsx scripts/sum-tallies.ts FILE…
//
// Each file contains the output of one run, whose last line is its tally. A run without a tally
// counts as a failure. Exits with 1 if a test failed or none ran.
import { readFileSync } from "node:fs";
import { add, format, newTally, readTally } from "./tally.ts";

const total = newTally();
for (const file of process.argv.slice(2)) {
  const last = readFileSync(file, "utf8").trimEnd().split("\n").at(-1) ?? "";
  const tally = readTally(last);
  if (tally === undefined) console.error(`${file} does not end with a tally, but with: ${last}`);
  add(total, tally ?? { ...newTally(), failed: 1 });
}
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
console.log(format(total));
