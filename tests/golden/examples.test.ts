import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { compile, emitEnvoy, emitIstio, type Target } from "../../src/compile.ts";
import { formatDiagnostics } from "../../src/diagnostics.ts";
import type { Plan } from "../../src/plan/plan.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { assertGolden, sourcesIn } from "../support/golden.ts";
import { istioOptions } from "../support/istio-options.ts";

// Examples whose point only a mesh can show have no expected.envoy.yaml.
for (const name of readdirSync("tests/golden/examples")) {
  const folder = join("tests/golden/examples", name);

  test(`examples/${name} for Istio, and what is said about it`, () => {
    const { plan, text } = compiled(name, "istio");
    assertGolden(join(folder, "expected.istio.txt"), text);
    assertGolden(join(folder, "expected.istio.yaml"), emitIstio(plan, istioOptions()));
  });

  if (!existsSync(join(folder, "expected.envoy.yaml"))) continue;
  test(`examples/${name} for Envoy`, () => {
    const { plan, text } = compiled(name, "envoy");
    assert.equal(text, "");
    assertGolden(join(folder, "expected.envoy.yaml"), emitEnvoy(plan, envoyOptions()));
  });
}

function compiled(name: string, target: Target): { plan: Plan; text: string } {
  const { plan, diagnostics } = compile(sourcesIn(join("examples", name)), target);
  const text = formatDiagnostics(diagnostics);
  assert.ok(plan, text);
  return { plan, text };
}
