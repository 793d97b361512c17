import assert from "node:assert/strict";
import { test } from "node:test";
import { compile, emitEnvoy, emitIstio, type Target } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics.ts";
import type { SourceText } from "../../src/parse/source-text.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { istioOptions } from "../support/istio-options.ts";

function resource(index: number): string {
  return `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: p${index}}
spec:
  host: p${index}.example
  configs:
    defaultConfig:
      openAIConfig:
        apiKey: \${KEY_${index % 256}}
        parameters: {defaults: {temperature: 0.7}, limits: {max_tokens: 100}}
    routeSpecificConfigs:
      rule-${index}: {openAIConfig: {model: qwen}}
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: r${index}}
spec:
  host: p${index}.example
  gateways: [mesh, egress]
  rules:
    - name: mesh-${index}
      matches: [{gateways: [mesh]}]
      backendRefs: [{providerHost: egress.default.svc.cluster.local}]
    - name: rule-${index}
      backendRefs: [{providerHost: p${index}.example}]
`;
}

function sourcesOf(count: number): SourceText[] {
  const text = Array.from({ length: count }, (_, index) => resource(index)).join("---");
  return [{ file: "input.yaml", text }];
}

/** Processor time, as other work on the machine must not count. */
function renderMs(count: number, target: Target): number {
  const sources = sourcesOf(count);
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
