// What a resource of another namespace can do to one's own: nothing.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileResources, type Target } from "../../src/compile.ts";
import { judge } from "../../src/controller/pass.ts";
import { formatResource } from "../../src/diagnostics.ts";
import type { KubeObject } from "../../src/kube/client.ts";
import { ObjectDocument } from "../../src/parse/object-document.ts";
import { istioOptions } from "../support/istio-options.ts";

function object(kind: string, fullName: string, spec: object): object {
  const [namespace, name] = fullName.split("/");
  const apiVersion = "istio.alibabacloud.com/v1beta1";
  return { apiVersion, kind, metadata: { name, namespace }, spec };
}

function provider(fullName: string, host: string, more: object = {}): object {
  return object("LLMProvider", fullName, { host, ...more });
}

/** A route of the gateway models/egress with one rule to `to`. */
function route(fullName: string, host: string, to: string, more: object = {}): object {
  const rules = [{ name: "rule", backendRefs: [{ providerHost: to }], ...more }];
  return object("LLMRoute", fullName, { host, gateways: ["mesh", "models/egress"], rules });
}

/** The errors, each with its resource. */
function errorsOf(objects: object[], target: Target = "istio"): string[] {
  const documents = objects.map((each) => new ObjectDocument(each));
  return compileResources(documents, target, { errors: "leave-out" })
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ resource, code }) => `${formatResource(resource!)}: ${code}`);
}

const matches = [{ headers: { "x-tier": { exact: "gold" } } }];

for (const [name, more] of Object.entries({
  "headers.remove": { headers: { remove: ["X-Tier"] } },
  "auth.header": { configs: { defaultConfig: { openAIConfig: { auth: { header: "x-tier" } } } } },
})) {
  test(`a provider of another namespace refuses no route by its ${name}`, () => {
    const own = [
      provider("models/llm", "llm.example"),
      route("apps/llm", "llm.example", "llm.example", { matches }),
    ];
    const errorsWith = (namespace: string, target?: Target): string[] =>
      errorsOf([...own, provider(`${namespace}/other`, "other.example", more)], target);
    const refused = ["LLMRoute apps/llm: edited_header"];
    assert.deepEqual(errorsWith("others"), []);
    assert.deepEqual(errorsWith("models"), refused);
    // One Envoy of our own has the providers of all namespaces.
    assert.deepEqual(errorsWith("others", "envoy"), refused);
  });
}

test("a route of another namespace does not make a provider a gateway", () => {
  const host = "llm.models.svc.cluster.local";
  const toGateway = { matches: [{ gateways: ["mesh"] }] };
  const own = [provider("models/llm", host), route("models/llm", "llm.example", host)];
  const errorsWith = (fullName: string): string[] =>
    errorsOf([...own, route(fullName, "x.example", host, toGateway)]);
  assert.deepEqual(errorsWith("others/x"), ["LLMRoute others/x: gateway_as_provider"]);
  assert.ok(errorsWith("models/x").includes("LLMProvider models/llm: gateway_as_provider"));
});

test("a provider for the gateway of another namespace refuses no route", () => {
  const host = "egress.models.svc.cluster.local";
  const toGateway = { matches: [{ gateways: ["mesh"] }] };
  const objects = [provider("others/x", host), route("apps/x", "x.example", host, toGateway)];
  assert.deepEqual(errorsOf(objects), ["LLMProvider others/x: gateway_as_provider"]);
});

test("a provider in the mesh does not have another name of a Service", () => {
  const hosts = ["api", "api.shop.svc", "kubernetes.default.svc", "api.shop.cluster.local"];
  for (const host of [...hosts, "localhost"]) {
    const objects = [provider("others/x", host)];
    assert.deepEqual(errorsOf(objects), ["LLMProvider others/x: invalid_host"], host);
    assert.deepEqual(errorsOf(objects, "envoy"), [], host);
  }
  for (const host of ["api.shop.svc.cluster.local", "api.svc.example", "cluster.local.example"]) {
    assert.deepEqual(errorsOf([provider("others/x", host)]), [], host);
  }
});

test("of two providers with one host, the older has it", () => {
  const own = ["others/z", "models/a"].map((name, year): KubeObject => {
    const { metadata, ...rest } = provider(name, "llm.example") as KubeObject;
    return { ...rest, metadata: { ...metadata, creationTimestamp: `202${year}-01-01T00:00:00Z` } };
  });
  const none = new Map<string, KubeObject>();
  const live = { WasmPlugin: none, DestinationRule: none, EnvoyFilter: none, VirtualService: none };
  const seen = { own: own.reverse(), context: [], textOf: () => undefined, live };
  const { outcomeOf } = judge(seen, istioOptions());
  const codesOf = (name: string): string[] => outcomeOf(name).diagnostics.map(({ code }) => code);
  assert.deepEqual(codesOf("LLMProvider models/a"), ["duplicate_host"]);
  assert.deepEqual(codesOf("LLMProvider others/z"), []);
});

test("a VirtualService with fields of any type is read", () => {
  const odd = { toString: "x" };
  const metadata = { name: "odd", namespace: "others" };
  const spec = { hosts: [odd], gateways: [odd, null, 1], http: [{ route: odd, mirror: odd }, odd] };
  const service = { apiVersion: "networking.istio.io/v1", kind: "VirtualService", metadata, spec };
  assert.deepEqual(errorsOf([provider("models/llm", "llm.example"), service]), []);
});
