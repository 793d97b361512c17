// Measures the time to render 1,000 providers and 1,000 routes, from the start of the process to
// its end.
//
//   npm run bench:render
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { manyResources } from "../tests/support/many-resources.ts";
import { median } from "./median.ts";

const runs = 9;
const folder = mkdtempSync(join(tmpdir(), "llm-egress-bench-"));
const file = join(folder, "resources.yaml");
writeFileSync(file, manyResources(1000));
for (const target of ["istio", "envoy"]) {
  const words = ["build/llm-egress.mjs", "render", "--target", target, file];
  const times = Array.from({ length: runs }, () => {
    const begun = performance.now();
    execFileSync(process.execPath, words, {
      // stderr is not printed, as it has a warning for each of the keys that are not set. An error
      // contains it.
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: 2 ** 28,
    });
    return (performance.now() - begun) / 1000;
  });
  console.log(`${target}: ${median(times).toFixed(2)} s (median of ${runs} runs)`);
}
rmSync(folder, { recursive: true });
