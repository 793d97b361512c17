import assert from "node:assert/strict";
import { test } from "node:test";
import { judge, largePluginBytes } from "../../src/controller/pass.ts";
import { statusOf } from "../../src/controller/status.ts";
import type { KubeObject } from "../../src/kube/client.ts";
import { istioOptions } from "../support/istio-options.ts";

function provider(name: string, gateway: string, textBytes: number): KubeObject {
  const overrides = { user: "x".repeat(textBytes) };
  const configs = { defaultConfig: { openAIConfig: { parameters: { overrides } } } };
  const workloadSelector = { labels: { istio: gateway } };
  return {
    ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMProvider" },
    metadata: { name, namespace: "models", generation: 1 },
    spec: { host: `${name}.example`, workloadSelector, configs },
  };
}

test("a provider says that its WasmPlugin is near the limit, and others do not", () => {
  const own = [
    provider("a", "large", largePluginBytes / 2),
    provider("b", "large", largePluginBytes / 2),
    provider("c", "small", largePluginBytes / 2),
  ];
  const none = new Map<string, KubeObject>();
  const live = { WasmPlugin: none, DestinationRule: none, EnvoyFilter: none, VirtualService: none };
  const seen = { own, context: [], textOf: () => undefined, live };
  const { desired, outcomeOf } = judge(seen, istioOptions());
  const messages = own.map((object) => {
    const outcome = outcomeOf(`LLMProvider models/${object.metadata.name}`);
    const whole = {
      ...outcome,
      failure: undefined,
      isWaiting: false,
      remarks: [],
      lagging: undefined,
    };
    const { status, conditions } = statusOf(object, whole, "2026-01-01T00:00:00Z");
    assert.equal(status, "Ready");
    return conditions[0]?.message;
  });
  const said =
    "WasmPlugin models/llm-egress-istio-large is near the 1.5 MB that etcd accepts: give providers to other gateways";
  assert.deepEqual(messages, [said, said, ""]);
  const { object, bytes } = desired.get("WasmPlugin models/llm-egress-istio-large")!;
  assert.ok(bytes > largePluginBytes && bytes <= Buffer.byteLength(JSON.stringify(object)));
});
