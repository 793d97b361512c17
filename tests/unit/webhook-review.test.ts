import assert from "node:assert/strict";
import { test } from "node:test";
import { readReview, review } from "../../src/controller/webhook/review.ts";
import type { KubeObject } from "../../src/kube/client.ts";

const apiVersion = "istio.alibabacloud.com/v1beta1";
let age = 0;

function object(kind: string, name: string, spec: object, more: object = {}): KubeObject {
  const creationTimestamp = new Date(Date.UTC(2026, 0, 1) + 1000 * age++).toISOString();
  const metadata = { name, namespace: "models", creationTimestamp, ...more };
  return { apiVersion, kind, metadata, spec };
}

const workloadSelector = { labels: { istio: "egressgateway" } };

function provider(name: string, { host = `${name}.example`, ...more }: Spec = {}): KubeObject {
  return object("LLMProvider", name, { host, workloadSelector, ...more });
}

interface Spec {
  host?: string;
  [field: string]: unknown;
}

function route(name: string, more: object = {}, metadata: object = {}): KubeObject {
  const rules = [{ name, backendRefs: [{ providerHost: `${name}.example` }] }];
  const spec = { host: `${name}.example`, gateways: ["istio-system/egress"], rules, ...more };
  return object("LLMRoute", name, spec, metadata);
}

const configs = (openAIConfig: object) => ({ configs: { defaultConfig: { openAIConfig } } });
const aboveLimit = configs({ parameters: { defaults: { n: 5 }, limits: { n: 4 } } });

function judge(own: KubeObject[], incoming: KubeObject, oldObject?: KubeObject) {
  const request = { uid: "u", object: incoming, oldObject, text: undefined };
  const { allowed, status, warnings } = review(request, {
    ...{ own, context: [], textOf: () => undefined },
  });
  return { allowed, message: status?.message ?? "", warnings: warnings ?? [] };
}

test("an object with an error is refused, with the code, the place and the reason", () => {
  const { allowed, message } = judge([], provider("a", aboveLimit));
  assert.equal(allowed, false);
  assert.match(
    message,
    /^above_limit: spec\.configs\.defaultConfig\.openAIConfig\.parameters\.defaults\.n: /,
  );
});

test("what crosses resources is refused: of two with a host, the one that is there has it", () => {
  const a = provider("a");
  const { message } = judge([a], provider("b", { host: "a.example" }));
  assert.match(message, /^duplicate_host: spec\.host: .* LLMProvider models\/a/);
  // An older one can't take the host of a younger one either.
  const b = provider("b");
  const { message: taken } = judge([a, b], { ...a, spec: b["spec"] }, a);
  assert.match(taken, /^duplicate_host/);
  const overlapping = judge([a, route("a")], route("b", { host: "a.example" }));
  assert.match(overlapping.message, /^overlapping_routes/);
});

test("the order in which resources are applied is free: references are warnings", () => {
  const early = judge([], route("a"));
  assert.ok(early.allowed);
  assert.match(early.warnings[0]!, /^unknown_provider: spec\.rules\[0\]\.backendRefs\[0\]/);
  const settings = { configs: { routeSpecificConfigs: { a: { openAIConfig: { model: "m" } } } } };
  const { allowed, warnings } = judge([], provider("a", settings));
  assert.ok(allowed);
  assert.match(warnings[0]!, /^unknown_rule/);
  const closed = provider("a", { allowedRoutes: { namespaces: ["search"] } });
  const notAllowed = judge([closed], route("a"));
  assert.ok(notAllowed.allowed);
  assert.match(notAllowed.warnings[0]!, /^route_not_allowed/);
  // Its route comes next.
  assert.deepEqual(judge([provider("b"), route("b")], provider("c")).warnings, []);
});

test("an object in error may be changed, as long as it gets no worse", () => {
  const old = provider("a", aboveLimit);
  const labelled = { ...old, metadata: { ...old.metadata, labels: { team: "x" } } };
  assert.ok(judge([old], labelled, old).allowed);
  const moved = provider("a", { ...aboveLimit, path: "/v2" });
  assert.ok(judge([old], moved, old).allowed);
  const worse = provider("a", { ...aboveLimit, path: "v2" });
  const { allowed, message } = judge([old], worse, old);
  assert.equal(allowed, false);
  assert.match(message, /^invalid_path: spec\.path/);
  assert.doesNotMatch(message, /above_limit/);
});

test("an error that is there once more is new, also at another place", () => {
  const rule = (name: string, regex: string) => ({
    ...{ name, matches: [{ headers: { "x-team": { regex } } }] },
    backendRefs: [{ providerHost: "a.example" }],
  });
  const old = route("a", { rules: [rule("one", "(?=a)")] });
  const shifted = route("a", { rules: [rule("zero", "a"), rule("one", "(?=a)")] });
  assert.ok(judge([provider("a"), old], shifted, old).allowed);
  const twice = route("a", { rules: [rule("zero", "(?=a)"), rule("one", "(?=a)")] });
  assert.equal(judge([provider("a"), old], twice, old).allowed, false);
});

test("an older object with a conflict is not refused for it again", () => {
  const a = provider("a");
  const b = provider("b", { host: "a.example" });
  assert.ok(judge([a, b], { ...a, spec: { ...(a["spec"] as object), path: "/v2" } }, a).allowed);
});

test("warnings are bounded in number and length", () => {
  const names = Array.from({ length: 40 }, (_, index) => `${"r".repeat(200)}${index}`);
  const rules = Object.fromEntries(names.map((name) => [name, { openAIConfig: { model: "m" } }]));
  const { warnings } = judge([], provider("a", { configs: { routeSpecificConfigs: rules } }));
  assert.equal(warnings.length, 10);
  assert.ok(warnings.every(({ length }) => length <= 256));
  assert.match(warnings[9]!, /^and 31 more warnings/);
});

test("no message holds a key, or a control character", () => {
  const key = "sk-4f9c2ab17d5e60831c";
  const literal = configs({ apiKey: key, parameters: { defaults: { n: 5 }, limits: { n: 4 } } });
  const refused = judge([], provider("a", literal));
  assert.equal(refused.allowed, false);
  const warned = judge([], provider("a", configs({ apiKey: key })));
  assert.match(warned.warnings[0]!, /^literal_api_key/);
  const misplaced = judge(
    [],
    provider("a", { path: key, [key]: key, ...configs({ apiKey: key }) }),
  );
  const odd = judge([], route("a", { gateways: ["\u001b[31m/a"] }));
  const texts = [refused, warned, misplaced, odd].map((each) => JSON.stringify(each));
  for (const text of texts) assert.ok(!text.includes(key), text);
  assert.ok(!odd.message.includes("\u001b"));
  assert.match(odd.message, /invalid_gateway/);
});

test("a message names resources of other namespaces, but tells nothing of what they hold", () => {
  const others = { namespace: "secret-team" };
  const host = "internal.example";
  const foreign = [
    object(
      "LLMProvider",
      "theirs",
      { host, workloadSelector, ...settingsFor("their-rule") },
      others,
    ),
    route("b", { rules: [{ name: "their-rule", backendRefs: [{ providerHost: host }] }] }, others),
    object(
      "LLMProvider",
      "closed",
      { host: "a.example", allowedRoutes: { namespaces: ["their-friends"] } },
      others,
    ),
  ];
  const gateway = object("Gateway", "their-gateway", { servers: [] }, others);
  gateway.apiVersion = "networking.istio.io/v1beta1";
  const incoming = [
    route("unknown"),
    route("a", { gateways: ["egress"] }),
    provider("c", settingsFor("mine")),
    provider("d", { host }),
  ];
  for (const each of incoming) {
    const request = { uid: "u", object: each, oldObject: undefined, text: undefined };
    const known = { own: foreign, context: [gateway], textOf: () => undefined };
    const text = JSON.stringify(review(request, known));
    for (const told of ["their-rule", "their-friends", "their-gateway"]) {
      assert.ok(!text.includes(told), text);
    }
    // Whoever asks for a host of others has said it.
    if (each.metadata.name !== "d") assert.ok(!text.includes(host), text);
  }
});

function settingsFor(rule: string): Spec {
  return { configs: { routeSpecificConfigs: { [rule]: { openAIConfig: { model: "m" } } } } };
}

test("only an AdmissionReview of v1 about an object of ours is read", () => {
  const request = { uid: "u", object: provider("a"), oldObject: null, dryRun: true };
  const whole = { apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request };
  assert.equal(readReview(JSON.stringify(whole))?.uid, "u");
  const malformed: unknown[] = [
    null,
    [],
    7,
    { ...whole, apiVersion: "admission.k8s.io/v1beta1" },
    { ...whole, kind: "Status" },
    { ...whole, request: null },
    { ...whole, request: { ...request, uid: "" } },
    { ...whole, request: { ...request, object: null } },
    { ...whole, request: { ...request, object: { ...provider("a"), kind: "Pod" } } },
    { ...whole, request: { ...request, object: { ...provider("a"), metadata: { name: 1 } } } },
    { ...whole, request: { ...request, oldObject: "x" } },
  ];
  for (const each of malformed) assert.equal(readReview(JSON.stringify(each)), undefined);
  for (const text of ["", "{", "\0", "[".repeat(100_000)])
    assert.equal(readReview(text), undefined);
});
