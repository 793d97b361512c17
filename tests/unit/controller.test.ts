import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { collectionPaths } from "../../src/controller/desired.ts";
import {
  ControlledKube,
  discovery,
  group,
  own,
  pathOf,
  type Status,
} from "../support/controlled-kube.ts";
import type { Request } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

let kube: ControlledKube;

beforeEach(async () => {
  kube = await ControlledKube.start();
});
afterEach(() => kube.close());

const conditionOf = (status: Status | undefined, type: string) =>
  status?.conditions.find((each) => each.type === type);
const writes = () =>
  kube.fake.requests.filter(({ method, path }) => method !== "GET" && !path.includes("/events"));
const kindsOf = (requests: readonly Request[]) =>
  requests
    .filter(({ path }) => path.includes("istio.io"))
    .map(({ method, path }) => `${method} ${path.split("/")[6]}`);

test("a provider and its route take effect in order: TLS, filter, route, address", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await until(() => kube.statusOf("LLMRoute", "a")?.status === "Pending");
  assert.equal(kube.live("VirtualService", "a"), undefined);
  await kube.untilReady("a");
  assert.deepEqual(kindsOf(writes()), [
    "POST destinationrules",
    "POST wasmplugins",
    "POST virtualservices",
    "POST serviceentries",
  ]);
  const route = kube.live("VirtualService", "a");
  assert.equal(route?.metadata.labels?.["app.kubernetes.io/managed-by"], "llm-egress");
  assert.equal(route?.metadata.annotations?.["llm-egress/source"], "LLMRoute models/a");
  const status = kube.statusOf("LLMRoute", "a");
  assert.equal(status?.observedGeneration, kube.ownAt("LLMRoute", "a")?.metadata.generation);
  assert.deepEqual(
    status?.conditions.map(({ type, status }) => `${type}=${status}`),
    ["Accepted=True", "ResolvedRefs=True", "Programmed=True"],
  );
});

test("a restart changes nothing, and writes nothing", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  await kube.stopControllers();
  const before = writes().length;
  kube.lines = [];
  kube.startController();
  await until(() => kube.lines.some((line) => line.includes('"pass"')));
  assert.equal(writes().length, before);
});

test("deletion goes the other way round, and the filter forgets a provider last", async () => {
  for (const name of ["a", "b"]) {
    kube.applyProvider(name);
    kube.applyRoute(name);
  }
  kube.startController();
  await kube.untilReady("a", "b");
  const before = writes().length;
  kube.fake.remove(`${group}/namespaces/models/llmroutes/a`);
  kube.fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => kube.live("DestinationRule", "a") === undefined);
  assert.deepEqual(kindsOf(writes().slice(before)), [
    "DELETE serviceentries",
    "DELETE virtualservices",
    "PUT wasmplugins",
    "DELETE destinationrules",
  ]);
  assert.deepEqual(
    kube.providersOfPlugin().map(({ name }) => name),
    ["models/b"],
  );
});

test("what somebody edits or deletes is repaired", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  const route = kube.live("VirtualService", "a")!;
  kube.fake.put(collectionPaths.VirtualService, { ...route, spec: { hosts: ["evil.example"] } });
  await until(() =>
    JSON.stringify(kube.live("VirtualService", "a")?.["spec"]).includes("a.example"),
  );
  kube.fake.remove(pathOf("DestinationRule", "a"));
  await until(() => kube.live("DestinationRule", "a") !== undefined);
  const unlabelled = { ...route, metadata: { ...route.metadata, labels: {} } };
  kube.fake.put(collectionPaths.VirtualService, unlabelled);
  await until(
    () => Object.keys(kube.live("VirtualService", "a")?.metadata.labels ?? {}).length > 0,
  );
});

for (const labels of [{}, { "app.kubernetes.io/managed-by": "llm-egress" }]) {
  const what = Object.keys(labels).length > 0 ? "with our label" : "without a label";
  test(`an object ${what} that is not ours is a conflict, and untouched`, async () => {
    const metadata = { name: "a", namespace: "models", labels };
    const theirs = { apiVersion: "networking.istio.io/v1beta1", kind: "VirtualService", metadata };
    kube.fake.put(collectionPaths.VirtualService, {
      ...theirs,
      spec: { hosts: ["theirs.example"] },
    });
    kube.applyProvider("a");
    kube.applyRoute("a");
    kube.applyProvider("b");
    kube.applyRoute("b");
    kube.startController();
    await kube.untilReady("b");
    await until(() => kube.statusOf("LLMRoute", "a")?.status === "Conflict");
    assert.deepEqual(kube.live("VirtualService", "a")?.["spec"], { hosts: ["theirs.example"] });
    const condition = conditionOf(kube.statusOf("LLMRoute", "a"), "Programmed");
    assert.match(condition?.message ?? "", /VirtualService models\/a exists/);
    kube.fake.remove(pathOf("VirtualService", "a"));
    await until(() => kube.isReady("LLMRoute", "a"));
  });
}

test("a resource that becomes invalid keeps its effect, also over a restart", async () => {
  const path = "/openai/chat/completions";
  kube.applyProvider("a", { path, port: 8443 });
  kube.applyRoute("a");
  kube.applyProvider("b");
  kube.startController();
  await kube.untilReady("a");
  const before = [
    kube.live("VirtualService", "a"),
    kube.live("DestinationRule", "a"),
    kube.plugin(),
  ];
  const specs = () =>
    [kube.live("VirtualService", "a"), kube.live("DestinationRule", "a")].map(
      (each) => each?.["spec"],
    );
  const held = specs();
  kube.applyProvider("a", { path: "no-slash", port: 9 });
  await until(() => kube.statusOf("LLMProvider", "a")?.status === "Invalid");
  await kube.stopControllers();
  kube.startController();
  // Something else changes meanwhile.
  kube.applyProvider("b", { path: "/b/chat/completions" });
  await until(() => kube.providersOfPlugin().some((each) => each.path === "/b/chat/completions"));
  assert.ok(before.every((each) => each !== undefined));
  assert.deepEqual(specs(), held);
  const entry = kube.providersOfPlugin().find(({ name }) => name === "models/a");
  assert.equal(entry?.path, path);
  assert.match(entry?.clusters.join(" ") ?? "", /8443/);
  const status = kube.statusOf("LLMProvider", "a");
  assert.match(conditionOf(status, "Accepted")?.message ?? "", /^invalid_path: spec\.path: /);
  assert.equal(conditionOf(status, "Programmed")?.reason, "Held");
  kube.applyProvider("a", { path: "/new/chat/completions" });
  await until(() => kube.isReady("LLMProvider", "a"));
});

test("a host that is in use by a refused resource can't be taken", async () => {
  kube.applyProvider("a");
  kube.startController();
  await until(() => kube.isReady("LLMProvider", "a"));
  kube.applyProvider("a", { path: "no-slash" });
  await until(() => kube.statusOf("LLMProvider", "a")?.status === "Invalid");
  kube.applyProvider("thief", { host: "a.example" });
  await until(() => kube.statusOf("LLMProvider", "thief")?.status === "Conflict");
  assert.deepEqual(
    kube.providersOfPlugin().map(({ name }) => name),
    ["models/a"],
  );
});

test("a route to a provider that does not exist is in effect, and says so", async () => {
  kube.applyRoute("a");
  kube.startController();
  await until(() => kube.statusOf("LLMRoute", "a")?.status === "UnknownProvider");
  const { status, reason } = conditionOf(kube.statusOf("LLMRoute", "a"), "Accepted")!;
  assert.deepEqual([status, reason], ["True", "Accepted"]);
  await until(() => kube.live("VirtualService", "a") !== undefined);
});

test("one object that the API refuses stops no other, and is tried less and less often", async () => {
  const allowed = kube.fake.intercept;
  let tries = 0;
  kube.fake.intercept = (request) => {
    if (request.method !== "POST" || request.body?.metadata.name !== "bad") return allowed(request);
    if (!request.path.endsWith("destinationrules")) return allowed(request);
    tries += 1;
    return { status: 422, message: "admission webhook denied: sk-literal-key-1234 is bad" };
  };
  kube.applyProvider("bad", {
    configs: { defaultConfig: { openAIConfig: { apiKey: "sk-literal-key-1234" } } },
  });
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  await until(() => tries >= 2);
  const { message = "", reason } =
    conditionOf(kube.statusOf("LLMProvider", "bad"), "Programmed") ?? {};
  assert.equal(reason, "Pending");
  assert.equal(message, "admission webhook denied: *** is bad");
  assert.doesNotMatch(kube.lines.join("\n"), /sk-literal-key/);
  kube.fake.intercept = allowed;
  await until(() => kube.isReady("LLMProvider", "bad"));
});

test("what users delete one by one is undone, to the last", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  kube.fake.remove(`${group}/namespaces/models/llmroutes/a`);
  kube.fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => kube.fake.paths("istio.io/v1").length === 0);
});

test("while the kinds are being deleted, nothing is undone", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  kube.fake.intercept = ({ path }) => (path === group ? discovery("list") : undefined);
  kube.fake.remove(`${group}/namespaces/models/llmroutes/a`);
  kube.fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => kube.lines.some((line) => line.includes("--prune-all")));
  assert.equal(kube.fake.paths("istio.io/v1").length, 4);
});

test("after everything has vanished at once, nothing is undone without --prune-all", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await kube.untilReady("a");
  kube.fake.lose(own.LLMProvider);
  kube.fake.lose(own.LLMRoute);
  await until(() => kube.lines.some((line) => line.includes("--prune-all")));
  assert.equal(kube.fake.paths("istio.io/v1").length, 4);
  await kube.stopControllers();
  kube.startController({ pruneAll: true });
  await until(() => kube.fake.paths("istio.io/v1").length === 0);
});

test("statuses are written on change alone, with an event for each transition", async () => {
  kube.applyProvider("a");
  kube.startController();
  await until(() => kube.isReady("LLMProvider", "a"));
  const patches = kube.fake.count("PATCH", /status$/);
  kube.fake.put("/apis/networking.istio.io/v1beta1/gateways", {
    ...{ apiVersion: "networking.istio.io/v1beta1", kind: "Gateway" },
    metadata: { name: "g", namespace: "istio-system" },
  });
  kube.lines = [];
  await until(() => kube.lines.some((line) => line.includes('"pass"')));
  assert.equal(kube.fake.count("PATCH", /status$/), patches);
  kube.applyProvider("a", { path: "no-slash" });
  await until(() => kube.fake.count("POST", /events$/) === 2);
  const reasons = kube.fake.requests
    .filter(({ path, method }) => method === "POST" && path.endsWith("/events"))
    .map(({ body }) => body?.["reason"]);
  assert.deepEqual(reasons, ["Ready", "Invalid"]);
});
