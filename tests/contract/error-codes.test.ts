// docs/errors.md lists exactly what the filter answers, with its statuses.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";

it("documents every code that the filter answers, with its status", () => {
  const source = readFileSync("assembly/refuse.ts", "utf8");
  const documented = readFileSync("docs/errors.md", "utf8");
  const inSource = [...source.matchAll(/new Refusal\(\s*(\d+),\s*"(\w+)"/g)];
  const inDocuments = [...documented.matchAll(/^\| (\d+) +\| `(\w+)`/gm)];
  assert.ok(inSource.length >= 12);
  assert.deepEqual(
    inDocuments.map(([, status, code]) => `${status} ${code}`),
    inSource.map(([, status, code]) => `${status} ${code}`),
  );
});
