// Runs the tests on a real mesh, and ends with the line `N passed, N failed`.
//
//   node --import tsx scripts/test-mesh.ts [FILTER]…
//
// A filter is a part of a file's path. Needs Linux, root and go. What it builds and downloads is
// kept in the user's cache. Exits with 1 if a test failed or none ran.
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { runOnMesh } from "../tests/mesh/rig/run-on-mesh.ts";
import { runNodeTests } from "./run-node-tests.ts";
import { format, newTally, type Tally } from "./tally.ts";

await runOnMesh(
  // All files share the one mesh.
  async () => finish(await runNodeTests(testFiles(process.argv.slice(2)), 1)),
  () => finish({ ...newTally(), failed: 1 }),
);

function testFiles(filters: string[]): string[] {
  return readdirSync("tests/mesh")
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join("tests/mesh", name))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}

/** Prints the result, as the last line. Gives the exit code. */
function finish(tally: Tally): number {
  console.log(format(tally));
  return tally.failed > 0 || tally.passed === 0 ? 1 : 0;
}
