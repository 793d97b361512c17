// Checks that docs/errors.md lists exactly the error codes of the filter, with their statuses.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { it } from "node:test";
import { filterErrors } from "../../contract/errors.ts";
import { localReplies } from "../../src/emit/local-replies.ts";

it("documents every error code of the filter, with its status", () => {
  const documented = readFileSync("docs/errors.md", "utf8").matchAll(/^\| (\d+) +\| `(\w+)`/gm);
  assert.deepEqual(
    [...documented].map(([, status, code]) => `${status} ${code}`),
    filterErrors.map(({ status, code }) => `${status} ${code}`),
  );
});

it("documents every code of what Envoy answers by itself, with its status", () => {
  const text = readFileSync("docs/errors.md", "utf8");
  const documented = text.matchAll(/^\| `(\w+)` +\| (?:other )?(\w+)/gm);
  assert.deepEqual(
    [...documented].map(([, code, status]) => `${status} ${code}`),
    localReplies.map(({ status, code }) => `${status} ${code}`.replace("any ", "")),
  );
});
