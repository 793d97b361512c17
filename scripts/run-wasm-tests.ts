// Runs as-pect on files of tests/wasm and counts what it reports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { newTally, type Tally } from "./tally.ts";

const program = "node_modules/@as-pect/cli/bin/asp.js";

/** Runs the given spec files in one as-pect, whose output is passed on. A crash, or a file without a result, counts as a failure. */
export async function runWasmTests(files: string[]): Promise<Tally> {
  const tally = newTally();
  if (files.length === 0) return tally;
  const child = spawn(process.execPath, [program], {
    env: { ...process.env, WASM_SPECS: files.join(",") },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  // Results come on either stream, by the reporter.
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (chunk: Buffer) => {
      output.push(chunk);
      process.stdout.write(chunk);
    });
  }
  const [code] = (await once(child, "close")) as [number | null];
  // as-pect leaves its last line open.
  process.stdout.write("\n");
  const results = readResults(Buffer.concat(output).toString());
  for (const { passed, total } of results) {
    tally.passed += passed;
    tally.failed += total - passed;
  }
  tally.failed += files.length - results.length;
  // A failure outside of the tests themselves, in a group's set-up or of the process.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}

// as-pect prints one line for each file: `✔ tests/wasm/a.spec.ts Pass: 3 / 3 Todo: 0 Time: 1.2ms`.
function readResults(output: string): { passed: number; total: number }[] {
  const matches = output.matchAll(/\.spec\.ts .*?Pass: (\d+) \/ (\d+)/g);
  return [...matches].map((match) => ({ passed: Number(match[1]), total: Number(match[2]) }));
}
