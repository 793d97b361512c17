// docs/errors.md lists exactly what the filter answers, with its statuses.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { filterErrors } from "../../contract/errors.ts";

it("documents every code that the filter answers, with its status", () => {
  const documented = readFileSync("docs/errors.md", "utf8").matchAll(/^\| (\d+) +\| `(\w+)`/gm);
  assert.deepEqual(
    [...documented].map(([, status, code]) => `${status} ${code}`),
    filterErrors.map(({ status, code }) => `${status} ${code}`),
  );
});
