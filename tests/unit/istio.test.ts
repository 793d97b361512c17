import assert from "node:assert/strict";
import { test } from "node:test";
import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { IstioOptions } from "../../src/emit/istio/options.ts";
import { pluginName } from "../../src/emit/istio/plugin-name.ts";
import { type IstioResource, toIstioResources } from "../../src/emit/istio/resources.ts";
import type { WasmPlugin } from "../../src/emit/istio/wasm-plugin.ts";
import type { Plan, ProviderPlan } from "../../src/plan/plan.ts";
import { istioOptions } from "../support/istio-options.ts";

const provider: ProviderPlan = {
  name: "a",
  namespace: "ns",
  host: "a.example",
  port: 443,
  tls: { mode: "SIMPLE" },
  path: "/v1/chat/completions",
  workloadLabels: {},
  settings: { authHeader: "authorization", authPrefix: "Bearer ", members: [] },
  routeSettings: {},
};

function planOf(changes: Partial<Plan>): Plan {
  return { providers: [provider], routes: [], authorities: [], ...changes };
}

function resourcesOf(plan: Plan, options: Partial<IstioOptions> = {}): IstioResource[] {
  return toIstioResources(plan, istioOptions(options));
}

function pluginOf(options: Partial<IstioOptions>): WasmPlugin {
  const plugin = resourcesOf(planOf({}), options).find(isPlugin);
  assert.ok(plugin);
  return plugin;
}

function isPlugin(resource: IstioResource): resource is WasmPlugin {
  return resource.kind === "WasmPlugin";
}

const digest = "0123456789abcdef".repeat(4);

test("a digest in the module's URL is checked by Istio", () => {
  const url = `oci://registry.example/llm-egress@sha256:${digest}`;
  assert.equal(pluginOf({ wasmUrl: url }).spec.sha256, digest);
  assert.equal(pluginOf({ wasmUrl: "oci://registry.example/llm-egress:1" }).spec.sha256, undefined);
});

test("the filter fails closed, and is placed behind authorization", () => {
  const { spec } = pluginOf({ failStrategy: "FAIL_CLOSE" });
  assert.equal(spec.failStrategy, "FAIL_CLOSE");
  assert.equal(spec.phase, undefined);
});

test("providers of one selector share a plugin, in whatever order its labels come", () => {
  const labels = [{ a: "1", b: "2" }, { b: "2", a: "1" }, { a: "1" }];
  const providers = labels.map((workloadLabels, index) => ({
    ...provider,
    name: `p${index}`,
    workloadLabels,
  }));
  const plugins = resourcesOf(planOf({ providers })).filter(isPlugin);
  const shown = plugins.map(({ spec }) =>
    (spec.pluginConfig as { providers: { name: string }[] }).providers.map(({ name }) => name),
  );
  assert.deepEqual(shown, [["ns/p0", "ns/p1"], ["ns/p2"]]);
});

test("a plugin's name tells every selector from every other, and can be one", () => {
  const selectors: Record<string, string>[] = [
    {},
    { istio: "egressgateway" },
    { "istio-egress": "gateway" },
    { istio: "egress-gateway" },
    { istio: "Egressgateway" },
    { "app.kubernetes.io/name": "gateway" },
    { "app.kubernetes.io/name": "" },
    Object.fromEntries(Array.from({ length: 32 }, (_, index) => [`key${index}`, "x".repeat(63)])),
  ];
  const names = selectors.map((labels) => pluginName({ namespace: "ns", labels, providers: [] }));
  assert.equal(new Set(names).size, names.length);
  for (const name of names) {
    assert.match(name, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/);
    assert.ok(name.length <= 253);
  }
});

test("what must be there first comes first", () => {
  const plan = planOf({
    routes: [
      {
        name: "r",
        namespace: "ns",
        host: "a.example",
        gateways: [],
        rules: [
          {
            name: "rule",
            matches: [{ gateways: [], headers: [], sourceLabels: {} }],
            destinations: [{ host: "a.example", port: 443, kind: "provider", weight: 100 }],
          },
        ],
      },
    ],
  });
  const resources = resourcesOf(plan, { traceHeaders: "kept" });
  const kinds = resources.map(({ kind }) => kind);
  assert.deepEqual(kinds, ["DestinationRule", "ServiceEntry", "WasmPlugin", "VirtualService"]);
  const { spec } = resources.at(-1) as IVirtualService;
  const removed = spec?.http?.[0]?.route?.[0]?.headers?.request?.remove ?? [];
  assert.ok(removed.includes("x-envoy-attempt-count"));
  assert.ok(!removed.includes("traceparent"));
});

test("with localReplies, each workload's gateways get an EnvoyFilter, and sidecars get none", () => {
  const filters = (localReplies: "openai" | "plain") =>
    resourcesOf(planOf({}), { localReplies }).filter(({ kind }) => kind === "EnvoyFilter");
  assert.deepEqual(filters("plain"), []);
  const [filter, ...others] = filters("openai");
  assert.deepEqual(others, []);
  assert.match(JSON.stringify(filter), /"context":"GATEWAY".*"operation":"MERGE"/);
});

test("a host that no provider has any more is an unserved cluster, and its route stays", () => {
  const route = {
    name: "r",
    namespace: "ns",
    host: "gone.example",
    gateways: ["mesh"],
    rules: [
      {
        name: "rule",
        matches: [{ gateways: ["mesh"], headers: [], sourceLabels: {} }],
        destinations: [{ host: "gone.example", port: 443, kind: "unserved" as const, weight: 100 }],
      },
    ],
  };
  const resources = resourcesOf(planOf({ routes: [route] }));
  const plugin = resources.find(isPlugin);
  assert.deepEqual((plugin?.spec.pluginConfig as { unservedClusters: string[] }).unservedClusters, [
    "outbound|443||gone.example",
    "outbound|80||gone.example",
  ]);
  assert.equal(resources.at(-1)?.kind, "VirtualService");
});
