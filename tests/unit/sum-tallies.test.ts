import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const cases = [
  {
    title: "adds up",
    outputs: ["a test\n3 passed, 0 failed\n", "4 passed, 0 failed"],
    sum: "7 passed, 0 failed",
    code: 0,
  },
  {
    title: "fails with one of them",
    outputs: ["3 passed, 0 failed", "4 passed, 2 failed, 1 skipped"],
    sum: "7 passed, 2 failed, 1 skipped",
    code: 1,
  },
  {
    title: "fails where a run has broken off",
    outputs: ["3 passed, 0 failed", "a crash"],
    sum: "3 passed, 1 failed",
    code: 1,
  },
  {
    title: "fails where nothing ran",
    outputs: ["0 passed, 0 failed"],
    sum: "0 passed, 0 failed",
    code: 1,
  },
];

for (const { title, outputs, sum, code } of cases) {
  test(`the sum of test runs ${title}`, () => {
    const folder = mkdtempSync(join(tmpdir(), "tallies-"));
    const files = outputs.map((output, index) => {
      const file = join(folder, `run-${index}`);
      writeFileSync(file, output);
      return file;
    });
    const words = ["--import", "tsx", "scripts/sum-tallies.ts", ...files];
    const { stdout, status } = spawnSync(process.execPath, words, { encoding: "utf8" });
    rmSync(folder, { recursive: true });
    assert.equal(stdout, `${sum}\n`);
    assert.equal(status, code);
  });
}
