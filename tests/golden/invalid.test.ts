import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compile, type Target } from "../../src/compile.ts";
import { diagnosticCodes, formatDiagnostics, hasErrors } from "../../src/diagnostics.ts";
import type { SourceText } from "../../src/parse/parse.ts";
import { providerText } from "../support/compile-text.ts";
import { assertGolden, type GoldenCase, goldenCases } from "../support/golden.ts";

const cases = goldenCases("invalid").map((each) => ({ ...each, target: targetOf(each) }));

function targetOf({ name }: GoldenCase): Target {
  return name.startsWith("istio-") ? "istio" : "envoy";
}

for (const { name, folder, sources, target } of cases) {
  test(`invalid input: ${name}`, () => {
    const { diagnostics, plan } = compile(sources, target);
    assert.ok(diagnostics.length > 0);
    assert.equal(plan === undefined, hasErrors(diagnostics));
    assertGolden(join(folder, "expected.txt"), formatDiagnostics(diagnostics));
  });
}

test("every code of the compiler stands in a case", () => {
  const unreadable: Input = { sources: [{ file: "input.yaml", text: undefined }], target: "any" };
  const inputs: Input[] = [...cases, unreadable, withVariables(257)];
  const reported = inputs.flatMap(({ sources, target }) => compile(sources, target).diagnostics);
  const codes = new Set(reported.map(({ code }) => code));
  assert.deepEqual([...codes].sort(), Object.keys(diagnosticCodes).sort());
});

test("a filter is given no more variables than Istio allows", () => {
  const codes = ({ sources, target }: Input): string[] =>
    compile(sources, target).diagnostics.map(({ code }) => code);
  assert.ok(!codes(withVariables(256)).includes("too_many_variables"));
  const excess = codes(withVariables(300)).filter((code) => code === "too_many_variables");
  assert.equal(excess.length, 1);
});

interface Input {
  sources: SourceText[];
  target: Target;
}

function withVariables(count: number): Input {
  const texts = Array.from({ length: count }, (_, index) =>
    providerText(`{apiKey: "\${KEY_${index}}"}`, `p${index}`),
  );
  return { sources: [{ file: "input.yaml", text: texts.join("---") }], target: "istio" };
}
