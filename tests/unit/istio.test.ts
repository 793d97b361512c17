import assert from "node:assert/strict";
import { test } from "node:test";
import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import { defaultConnection } from "../../src/plan/build.ts";
import { endpointLines } from "../../src/model/endpoints.ts";
import type { IstioOptions } from "../../src/emit/istio/options.ts";
import { pluginName } from "../../src/emit/istio/plugin-name.ts";
import { type IstioResource, toIstioResources } from "../../src/emit/istio/resources.ts";
import type { WasmPlugin } from "../../src/emit/istio/wasm-plugin.ts";
import type { DestinationPlan, Plan, ProviderPlan } from "../../src/plan/plan.ts";
import { istioOptions } from "../support/istio-options.ts";

const provider: ProviderPlan = {
  name: "a",
  namespace: "ns",
  host: "a.example",
  port: 443,
  tls: { mode: "SIMPLE" },
  path: "/v1/chat/completions",
  endpoints: endpointLines(),
  connection: defaultConnection,
  setHeaders: {},
  secretHeaders: {},
  defaultHeaders: {},
  removedHeaders: [],
  workloadLabels: {},
  settings: { authHeader: "authorization", authPrefix: "Bearer ", members: [] },
  routeSettings: [],
};

function destination(host: string, kind: DestinationPlan["kind"]): DestinationPlan {
  return { host, port: 443, kind, usesTls: kind === "provider", weight: 100 };
}

function unservedBy(plugin: WasmPlugin | undefined): string[] {
  return (plugin?.spec.pluginConfig as { unservedClusters: string[] }).unservedClusters;
}

function clustersBy(plugin: WasmPlugin | undefined): string[] {
  const { providers } = plugin?.spec.pluginConfig as { providers: { clusters: string[] }[] };
  return providers.flatMap(({ clusters }) => clusters);
}

function planOf(changes: Partial<Plan>): Plan {
  return { providers: [provider], routes: [], authorities: [], ...changes };
}

function resourcesOf(plan: Plan, options: Partial<IstioOptions> = {}): IstioResource[] {
  return toIstioResources(plan, istioOptions(options)).map(({ resource }) => resource);
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
  const digested = pluginName({ namespace: "ns", labels: { app: "a-b" }, providers: [] });
  selectors.push({ app: "a-b" }, { app: "a", b: digested.slice(-8) });
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
            destinations: [destination("a.example", "provider")],
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
        destinations: [destination("gone.example", "unserved")],
      },
    ],
  };
  const resources = resourcesOf(planOf({ routes: [route] }));
  const plugin = resources.find(isPlugin);
  assert.deepEqual(unservedBy(plugin), [
    ...["outbound|443||a.example", "outbound|443||gone.example"],
    ...["outbound|80||a.example", "outbound|80||gone.example"],
  ]);
  assert.equal(resources.at(-1)?.kind, "VirtualService");
});

test("the plugins alone name the clusters of a mesh that makes its own routes", () => {
  const resources = resourcesOf(planOf({}), { contents: "plugins" });
  assert.deepEqual(
    resources.map(({ kind }) => kind),
    ["WasmPlugin"],
  );
  assert.deepEqual(clustersBy(resources.find(isPlugin)), [
    "outbound|80||a.example",
    "outbound|443||a.example",
  ]);
  assert.deepEqual(clustersBy(pluginOf({})), ["outbound|443|llm-egress|a.example"]);
});

test("plain HTTP has no rule and no subset", () => {
  const plan = planOf({ providers: [{ ...provider, tls: { mode: "DISABLE" } }] });
  const resources = resourcesOf(plan);
  assert.ok(resources.every(({ kind }) => kind !== "DestinationRule"));
  assert.deepEqual(clustersBy(resources.find(isPlugin)), [
    "outbound|80||a.example",
    "outbound|443||a.example",
  ]);
});

const elsewhere: ProviderPlan = { ...provider, namespace: "team", name: "b", host: "b.example" };

function unservedAt(own: Partial<ProviderPlan>, other: ProviderPlan, gateway: string): string[] {
  const providers = [{ ...provider, ...own }, other];
  const rules = [
    {
      name: "rule",
      matches: [{ gateways: [gateway], headers: [], sourceLabels: {} }],
      destinations: [destination(other.host, "provider")],
    },
  ];
  const route = { name: "r", namespace: "ns", host: "b.example", gateways: [gateway], rules };
  const plugins = resourcesOf(planOf({ providers, routes: [route] })).filter(isPlugin);
  return unservedBy(plugins[0]).filter((name) => name.endsWith("b.example"));
}

const all = [
  "outbound|443|llm-egress|b.example",
  "outbound|443||b.example",
  "outbound|80||b.example",
];

test("a provider of another namespace that a rule leads to is unserved", () => {
  assert.deepEqual(unservedAt({}, elsewhere, "ns/gateway"), all);
  assert.deepEqual(unservedAt({}, elsewhere, "team/gateway"), all);
});

test("a provider of the namespace is unserved at proxies that its selector does not match", () => {
  const other = { ...elsewhere, namespace: "ns", workloadLabels: { app: "b" } };
  assert.deepEqual(unservedAt({ workloadLabels: { app: "a" } }, other, "ns/gateway"), all);
  assert.deepEqual(unservedAt({ workloadLabels: { tier: "a" } }, other, "ns/gateway"), []);
  assert.deepEqual(unservedAt({}, other, "ns/gateway"), []);
});

test("a filter of the root namespace leaves other namespaces' gateways to their own filters", () => {
  const own = { namespace: "istio-system" };
  assert.deepEqual(unservedAt(own, elsewhere, "team/gateway"), []);
  assert.deepEqual(unservedAt(own, elsewhere, "istio-system/gateway"), all);
});
