// What somebody with rights for one namespace can do to the controller by objects that nobody else
// would write: nothing that reaches another namespace.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Applier } from "../../src/controller/apply.ts";
import { idOf, type Kind } from "../../src/controller/desired.ts";
import type { Live } from "../../src/controller/hold.ts";
import { judge, type Judged } from "../../src/controller/pass.ts";
import { fieldManager } from "../../src/controller/writer.ts";
import { readPlugin } from "../../src/keys/plugin.ts";
import type { KubeObject } from "../../src/kube/client.ts";
import { istioOptions } from "../support/istio-options.ts";

const nothing: Live = {
  ...{
    WasmPlugin: new Map(),
    DestinationRule: new Map(),
    EnvoyFilter: new Map(),
    VirtualService: new Map(),
  },
};

function own(kind: string, fullName: string, spec: object): KubeObject {
  const [namespace = "", name = ""] = fullName.split("/");
  return {
    ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind, spec },
    metadata: { name, namespace, creationTimestamp: "2026-01-01T00:00:00Z" },
  };
}

function provider(fullName: string, host: string, more: object = {}): KubeObject {
  const workloadSelector = { labels: { istio: "egressgateway" } };
  return own("LLMProvider", fullName, { host, workloadSelector, ...more });
}

function route(fullName: string, host: string, more: object = {}): KubeObject {
  const rules = [{ name: "rule", backendRefs: [{ providerHost: host }] }];
  return own("LLMRoute", fullName, { host, gateways: ["istio-system/egress"], rules, ...more });
}

function judged(objects: KubeObject[], live: Live = nothing): Judged {
  const seen = { own: objects, context: [], textOf: () => undefined, live };
  return judge(seen, istioOptions());
}

/** The objects as the cluster has them once they are written. */
function liveOf({ desired }: Judged): Live {
  const of = (kind: Kind): Map<string, KubeObject> =>
    new Map(
      [...desired.values()].flatMap(({ object }) => {
        if (object.kind !== kind) return [];
        const { metadata } = object;
        const managed = { ...metadata, managedFields: [{ manager: fieldManager }] };
        const live = structuredClone({ ...object, metadata: managed }) as unknown as KubeObject;
        return [[`${metadata.namespace}/${metadata.name}`, live]];
      }),
    );
  return {
    WasmPlugin: of("WasmPlugin"),
    DestinationRule: of("DestinationRule"),
    EnvoyFilter: of("EnvoyFilter"),
    VirtualService: of("VirtualService"),
  };
}

const invalidPath = { path: "no-slash" };
const victim = [provider("models/a", "a.example"), route("models/a", "a.example")];
const conflictOf = (of: Judged, name: string): string => of.outcomeOf(name).conflict ?? "";
const specOf = (of: Judged, id: string): string =>
  JSON.stringify(of.desired.get(id)?.object.spec ?? "");

test("a resource that is nested as deeply as the API server accepts is refused", () => {
  const deep = JSON.parse("[".repeat(9_900) + "]".repeat(9_900)) as unknown;
  const openAIConfig = { parameters: { overrides: { metadata: deep } } };
  for (const more of [{ configs: { defaultConfig: { openAIConfig } } }, { endpoints: [deep] }]) {
    const result = judged([provider("others/b", "b.example", more), ...victim]);
    assert.equal(result.desired.size, 4);
    assert.notDeepEqual(result.outcomeOf("LLMProvider others/b").diagnostics, []);
  }
});

test("what was forged in another namespace is not held as a resource's former state", () => {
  const forged = provider("others/b", "evil.example");
  const live = liveOf(judged([...victim, forged, route("others/b", "evil.example")]));
  const [plugin] = [...live.WasmPlugin.values()].filter(
    ({ metadata }) => metadata.namespace === "others",
  );
  const text = JSON.stringify(plugin!["spec"]).replaceAll("others/b", "models/a");
  plugin!["spec"] = JSON.parse(text) as object;
  const service = live.VirtualService.get("others/b");
  service!.metadata.annotations = { "llm-egress/source": "LLMRoute models/a" };
  const refused = [
    provider("models/a", "a.example", invalidPath),
    route("models/a", "a.example", { gateways: ["in/va/lid"] }),
  ];
  const result = judged([...refused, provider("free/c", "evil.example")], live);
  assert.match(specOf(result, "DestinationRule models/a"), /"host":"a.example"/);
  assert.doesNotMatch(specOf(result, "VirtualService models/a"), /evil/);
  assert.equal(result.desired.has("VirtualService others/b"), false);
  assert.equal(conflictOf(result, "LLMProvider free/c"), "");
});

// Each is a value for any field that is read.
const strange: unknown[] = [null, 5, [null], { toString: 5 }];

/** Every object that has another value in place of one of its parts. */
function* mutants(value: unknown): Generator<unknown> {
  yield* strange;
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    const without = Array.isArray(value) ? [] : { ...value };
    if (!Array.isArray(value)) {
      delete (without as Record<string, unknown>)[name];
      yield without;
    }
    for (const each of mutants(part)) {
      const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...value }) as object;
      (copy as Record<string, unknown>)[name] = each;
      yield copy;
    }
  }
}

const key = { apiKeys: [{ env: "KEY" }, { secretRef: { name: "keys", key: "one" } }] };
const whole = [
  provider("models/a", "a.example", {
    headers: { set: { "x-a": "b" }, remove: ["x-c"] },
    configs: { defaultConfig: { openAIConfig: key } },
  }),
  route("models/a", "a.example", {
    rules: [
      {
        ...{ name: "rule", backendRefs: [{ providerHost: "a.example" }] },
        matches: [{ headers: { "x-tier": { exact: "gold" } } }],
      },
    ],
  }),
];
const refusedWhole = [
  provider("models/a", "a.example", invalidPath),
  route("models/a", "a.example", { gateways: ["in/va/lid"] }),
];

for (const kind of ["WasmPlugin", "DestinationRule", "VirtualService"] as const) {
  test(`no form of a live ${kind} stops a pass`, async () => {
    const good = judged([...whole]);
    const [[id, object] = ["", undefined]] = [...liveOf(good)[kind]];
    assert.ok(object);
    for (const spec of mutants(object["spec"])) {
      const live = { ...liveOf(good), [kind]: new Map([[id, { ...object, spec }]]) };
      const where = JSON.stringify(spec);
      const result = judged([...refusedWhole, provider("free/a", "free.example")], live);
      assert.ok(result.desired.has("WasmPlugin free/llm-egress-istio-egressgateway"), where);
      // A provider that had TLS has it, whatever somebody makes of the rule.
      const rule = specOf(result, "DestinationRule models/a");
      if (kind === "DestinationRule") assert.match(rule, /"mode":"SIMPLE"/, where);
      for (const { object } of result.desired.values()) JSON.stringify(object);
      if (kind !== "WasmPlugin") continue;
      await applyOver(good, live);
      readPlugin({ ...object, spec });
    }
  });
}

async function applyOver({ desired }: Judged, live: Live): Promise<void> {
  const collections = Object.fromEntries(
    ["DestinationRule", "WasmPlugin", "ServiceEntry", "VirtualService", "EnvoyFilter"].map(
      (kind) => [kind, { objects: live[kind as keyof Live] ?? new Map() }],
    ),
  );
  const writer = {
    ...{ retryInMs: Infinity, keepOnly: () => {}, due: (objects: object[]) => objects },
    ...{ put: () => Promise.resolve(0), remove: () => Promise.resolve(0) },
  };
  const gate = { close: () => {}, opensInMs: () => 0 };
  const options = { writer, collections, filtersLoaded: gate, routesGone: gate };
  const applier = new Applier(options as never);
  await applier.apply(desired, () => Promise.resolve(true));
  assert.ok([...desired.values()].every(({ object }) => idOf(object) !== ""));
}

test("a reference that is no text is not read", () => {
  for (const apiKeySecretRef of strange.filter((each) => each !== null)) {
    const spec = { pluginConfig: { providers: [{ settings: { apiKeySecretRef } }] } };
    const metadata = { name: "a", namespace: "models" };
    const plugin = readPlugin({ apiVersion: "v1", kind: "WasmPlugin", metadata, spec });
    assert.equal(plugin, undefined, JSON.stringify(apiKeySecretRef));
  }
});

for (const [what, change] of Object.entries({
  "becomes invalid first": [
    provider("models/a", "a.example", { allowedRoutes: { namespaces: [] } }),
    route("others/b", "a.example", { gateways: ["in/va/lid"] }),
  ],
  "is valid, and the provider is held": [
    provider("models/a", "a.example", { allowedRoutes: { namespaces: [] }, ...invalidPath }),
    route("others/b", "a.example"),
  ],
})) {
  test(`a route that its provider does not allow leads nowhere: it ${what}`, () => {
    const before = judged([provider("models/a", "a.example"), route("others/b", "a.example")]);
    assert.ok(before.desired.has("VirtualService others/b"));
    const after = judged(change, liveOf(before));
    assert.equal(after.desired.has("VirtualService others/b"), false);
    assert.ok(after.desired.has("DestinationRule models/a"));
  });
}

// By the definitions of the kinds, a route may have 4,096 matches.
test("the largest route is judged in linear time", () => {
  const matches = (rule: number): object[] =>
    Array.from({ length: 32 }, (_, index) => ({
      headers: {
        [`x-${index}`]: { exact: `${rule}` },
        ...{ "x-a": { prefix: "a" }, "x-b": { regex: "(a+)+b" } },
      },
    }));
  const rules = Array.from({ length: 128 }, (_, index) => ({
    ...{ name: `rule-${index}`, backendRefs: [{ providerHost: "a.example" }] },
    matches: matches(index),
  }));
  const begun = performance.now();
  const result = judged([
    provider("models/a", "a.example"),
    route("models/a", "a.example", { rules }),
  ]);
  // Here, it takes half a second. To compare each match with all before it takes minutes.
  assert.ok(performance.now() - begun < 10_000);
  assert.ok(result.desired.has("VirtualService models/a"));
});

test("others' long lists of hosts cost little for each route", () => {
  const hosts = Array.from({ length: 20_000 }, (_, index) => `x${index}.example`);
  const of = (apiVersion: string, kind: string, spec: object): KubeObject => ({
    ...{ apiVersion, kind, spec, metadata: { name: "long", namespace: "others" } },
  });
  const to = [{ operation: { hosts } }];
  const port = { number: 80, name: "http", protocol: "HTTP" };
  const servers = hosts.map((host) => ({ hosts: [host], port }));
  const context = [
    of("networking.istio.io/v1beta1", "VirtualService", { hosts, http: [] }),
    of("networking.istio.io/v1beta1", "Gateway", { servers }),
    of("security.istio.io/v1beta1", "AuthorizationPolicy", { action: "DENY", rules: [{ to }] }),
  ];
  const routes = Array.from({ length: 400 }, (_, index) =>
    route(`models/r${index}`, `r${index}.example`, { gateways: ["others/long"] }),
  );
  const seen = { own: routes, context, textOf: () => undefined, live: nothing };
  const begun = performance.now();
  judge(seen, istioOptions());
  // Here, it takes one second. To read each list for each route takes over twenty.
  assert.ok(performance.now() - begun < 8_000);
});
