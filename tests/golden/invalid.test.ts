import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compile } from "../../src/compile.ts";
import { diagnosticCodes, formatDiagnostics, hasErrors } from "../../src/diagnostics.ts";
import { assertGolden, goldenCases } from "../support/golden.ts";

const cases = goldenCases("invalid");

for (const { name, folder, sources } of cases) {
  test(`invalid input: ${name}`, () => {
    const { diagnostics, plan } = compile(sources, "envoy");
    assert.ok(hasErrors(diagnostics));
    assert.equal(plan, undefined);
    assertGolden(join(folder, "expected.txt"), formatDiagnostics(diagnostics));
  });
}

test("every code of the compiler stands in a case", () => {
  const unreadable = [{ file: "input.yaml", text: undefined }];
  const inputs = [...cases.map(({ sources }) => sources), unreadable];
  const reported = inputs.flatMap((sources) => compile(sources, "envoy").diagnostics);
  const codes = new Set(reported.map(({ code }) => code));
  assert.deepEqual([...codes].sort(), Object.keys(diagnosticCodes).sort());
});
