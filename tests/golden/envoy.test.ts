import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { compile, emitEnvoy } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { assertGolden, goldenCases } from "../support/golden.ts";

for (const { name, folder, sources } of goldenCases("envoy")) {
  test(`Envoy's bootstrap: ${name}`, () => {
    const { diagnostics, plan } = compile(sources, "envoy");
    assert.ok(!hasErrors(diagnostics), JSON.stringify(diagnostics));
    assert.ok(plan);
    assertGolden(join(folder, "expected.yaml"), emitEnvoy(plan, envoyOptions()));
  });
}
