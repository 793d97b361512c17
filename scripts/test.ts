// Runs the tests, and ends with the line `N passed, N failed`.
//
//   node --import tsx scripts/test.ts [--without LEVEL]… [FILTER]…
//
// A level is a folder of tests/, e.g. envoy. A filter is a part of a file's path. Exits with 1 if a
// test failed or none ran.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runNodeTests } from "./run-node-tests.ts";
import { runWasmTests } from "./run-wasm-tests.ts";
import { add, format, newTally, type Tally } from "./tally.ts";

const nodeLevels = ["unit", "abi", "golden", "contract"];

const { values, positionals: filters } = parseArgs({
  options: { without: { type: "string", multiple: true, default: [] } },
  allowPositionals: true,
});

// The Envoy tests measure time and memory, so they run one file at a time, with nothing else.
const parts: (() => Promise<Tally>)[] = [
  () => runWasmTests(filesOf("wasm", ".spec.ts")),
  () =>
    runNodeTests(
      nodeLevels.flatMap((level) => filesOf(level, ".test.ts")),
      2,
    ),
  () => runNodeTests(filesOf("envoy", ".test.ts"), 1),
];
const total = newTally();
for (const part of parts) {
  try {
    add(total, await part());
  } catch (error) {
    console.error(error);
    total.failed += 1;
  }
}
process.exitCode = total.failed > 0 || total.passed === 0 ? 1 : 0;
console.log(format(total));

function filesOf(level: string, ending: string): string[] {
  const folder = join("tests", level);
  if (values.without.includes(level) || !existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}
