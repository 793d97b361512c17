import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, emitEnvoy, emitIstio, type Target } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { istioOptions } from "../support/istio-options.ts";
import { manyResources } from "../support/many-resources.ts";

/** Processor time, as other work on the machine must not count. */
function renderMs(count: number, target: Target): number {
  const sources = [{ file: "input.yaml", text: manyResources(count) }];
  const before = process.cpuUsage();
  const { diagnostics, plan } = compile(sources, target);
  assert.ok(!hasErrors(diagnostics) && plan);
  if (target === "istio") emitIstio(plan, istioOptions());
  else emitEnvoy(plan, envoyOptions());
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

for (const target of ["envoy", "istio"] as const) {
  test(`for ${target}, the time to render grows with the number of resources, and not with its square`, () => {
    renderMs(250, target);
    const [small, large] = [renderMs(250, target), renderMs(1000, target)];
    assert.ok(large < 5000, `1,000 providers and routes took ${large} ms`);
    assert.ok(large < 10 * small, `250 took ${small} ms, 1,000 took ${large} ms`);
  });
}
