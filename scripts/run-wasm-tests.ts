// Runs as-pect on files of tests/wasm and counts what it reports.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { add, newTally, type Tally } from "./tally.ts";

const program = "scripts/as-pect.mjs";

/** Runs the given spec files in one process. A crash, or a file without a result, is a failure. */
export async function runWasmTests(files: string[]): Promise<Tally> {
  const tally = newTally();
  if (files.length === 0) return tally;
  const child = spawn(process.execPath, [program, ...files], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  let results = 0;
  child.on("message", (result) => {
    results += 1;
    add(tally, result as Tally);
  });
  const [code] = (await once(child, "close")) as [number | null];
  tally.failed += files.length - results;
  // A failure after the last file.
  if (code !== 0 && tally.failed === 0) tally.failed = 1;
  return tally;
}
