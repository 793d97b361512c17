import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Controller } from "../../src/controller/controller.ts";
import { collectionPaths, type Kind } from "../../src/controller/desired.ts";
import { createLog } from "../../src/controller/log.ts";
import { Secrets } from "../../src/controller/secrets.ts";
import { KubeClient, type KubeObject } from "../../src/kube/client.ts";
import { FakeKube, type Request } from "../support/fake-kube.ts";
import { noGateways } from "../support/no-gateways.ts";
import { istioOptions } from "../support/istio-options.ts";
import { until } from "../support/until.ts";

const group = "/apis/istio.alibabacloud.com/v1beta1";
const own = { LLMProvider: `${group}/llmproviders`, LLMRoute: `${group}/llmroutes` };
const settleMs = 120;

let fake: FakeKube;
let lines: string[];
let running: { stop: AbortController; ended: Promise<void> }[];

beforeEach(async () => {
  fake = await FakeKube.start();
  lines = [];
  running = [];
  fake.intercept = ({ path, method }) =>
    path === group && method === "GET" ? discovery("create") : undefined;
});
afterEach(async () => {
  await stopAll();
  await fake.close();
});

async function stopAll(): Promise<void> {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ ended }) => ended));
  running = [];
}

function start({ pruneAll = false } = {}): void {
  const secrets = new Secrets();
  const log = createLog("debug", secrets.hide, (line) => void lines.push(line));
  const controller = new Controller(new KubeClient(fake.access), {
    istio: istioOptions(),
    gateways: noGateways,
    ...{ log, secrets, isLeader: () => true, instance: "test", pruneAll, settleMs },
  });
  const stop = new AbortController();
  running.push({ stop, ended: controller.run(stop.signal) });
}

// Discovery, which the fake does not know, as a refusal with a body of its own.
function discovery(...verbs: string[]): { status: number; body: object } {
  const resources = ["llmproviders", "llmroutes"].map((name) => ({ name, verbs }));
  return { status: 200, body: { resources } };
}

function apply(kind: keyof typeof own, name: string, spec: object): void {
  const metadata = { name, namespace: "models" };
  fake.put(own[kind], { apiVersion: "istio.alibabacloud.com/v1beta1", kind, metadata, spec });
}

const workloadSelector = { labels: { istio: "egressgateway" } };

function applyProvider(name: string, more: object = {}): void {
  apply("LLMProvider", name, { host: `${name}.example`, workloadSelector, ...more });
}

function applyRoute(name: string, host = `${name}.example`): void {
  const rules = [{ name, backendRefs: [{ providerHost: host }] }];
  apply("LLMRoute", name, { host: `${name}.example`, gateways: ["istio-system/egress"], rules });
}

const pathOf = (kind: Kind, name: string) =>
  collectionPaths[kind].replace(/(\w+)$/, `namespaces/models/$1/${name}`);
const live = (kind: Kind, name: string) => fake.at(pathOf(kind, name));
const ownAt = (kind: keyof typeof own, name: string) =>
  fake.at(own[kind].replace(/(\w+)$/, `namespaces/models/$1/${name}`));
const plugin = () => live("WasmPlugin", "llm-egress-istio-egressgateway");
const providersOf = (object: KubeObject | undefined) =>
  ((object?.["spec"] ?? { pluginConfig: { providers: [] } }) as Plugin).pluginConfig.providers;

interface Plugin {
  pluginConfig: {
    revision?: string;
    providers: { name: string; clusters: string[]; path: string }[];
  };
}

interface Status {
  status: string;
  observedGeneration: number;
  conditions: { type: string; status: string; reason: string; message: string }[];
}

const statusOf = (kind: keyof typeof own, name: string) =>
  ownAt(kind, name)?.["status"] as Status | undefined;
const isReady = (kind: keyof typeof own, name: string) => statusOf(kind, name)?.status === "Ready";
const conditionOf = (status: Status | undefined, type: string) =>
  status?.conditions.find((each) => each.type === type);
const writes = () =>
  fake.requests.filter(({ method, path }) => method !== "GET" && !path.includes("/events"));
const kindsOf = (requests: readonly Request[]) =>
  requests
    .filter(({ path }) => path.includes("istio.io"))
    .map(({ method, path }) => `${method} ${path.split("/")[6]}`);

async function untilReady(...names: string[]): Promise<void> {
  await until(() => names.every((name) => isReady("LLMProvider", name)));
  await until(() => names.every((name) => isReady("LLMRoute", name)));
}

test("a provider and its route take effect in order: TLS, filter, address, route", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await until(() => statusOf("LLMRoute", "a")?.status === "Pending");
  assert.equal(live("VirtualService", "a"), undefined);
  await untilReady("a");
  assert.deepEqual(kindsOf(writes()), [
    "POST destinationrules",
    "POST wasmplugins",
    "POST serviceentries",
    "POST virtualservices",
  ]);
  const route = live("VirtualService", "a");
  assert.equal(route?.metadata.labels?.["app.kubernetes.io/managed-by"], "llm-egress");
  assert.equal(route?.metadata.annotations?.["llm-egress/source"], "LLMRoute models/a");
  const status = statusOf("LLMRoute", "a");
  assert.equal(status?.observedGeneration, ownAt("LLMRoute", "a")?.metadata.generation);
  assert.deepEqual(
    status?.conditions.map(({ type, status }) => `${type}=${status}`),
    ["Accepted=True", "ResolvedRefs=True", "Programmed=True"],
  );
});

test("a restart changes nothing, and writes nothing", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  await stopAll();
  const before = writes().length;
  lines = [];
  start();
  await until(() => lines.some((line) => line.includes('"pass"')));
  assert.equal(writes().length, before);
});

test("deletion goes the other way round, and the filter forgets a provider last", async () => {
  for (const name of ["a", "b"]) {
    applyProvider(name);
    applyRoute(name);
  }
  start();
  await untilReady("a", "b");
  const before = writes().length;
  fake.remove(`${group}/namespaces/models/llmroutes/a`);
  fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => live("DestinationRule", "a") === undefined);
  assert.deepEqual(kindsOf(writes().slice(before)), [
    "DELETE virtualservices",
    "DELETE serviceentries",
    "PUT wasmplugins",
    "DELETE destinationrules",
  ]);
  assert.deepEqual(
    providersOf(plugin()).map(({ name }) => name),
    ["models/b"],
  );
});

test("what somebody edits or deletes is repaired", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  const route = live("VirtualService", "a")!;
  fake.put(collectionPaths.VirtualService, { ...route, spec: { hosts: ["evil.example"] } });
  await until(() => JSON.stringify(live("VirtualService", "a")?.["spec"]).includes("a.example"));
  fake.remove(pathOf("DestinationRule", "a"));
  await until(() => live("DestinationRule", "a") !== undefined);
  const unlabelled = { ...route, metadata: { ...route.metadata, labels: {} } };
  fake.put(collectionPaths.VirtualService, unlabelled);
  await until(() => Object.keys(live("VirtualService", "a")?.metadata.labels ?? {}).length > 0);
});

for (const labels of [{}, { "app.kubernetes.io/managed-by": "llm-egress" }]) {
  const what = Object.keys(labels).length > 0 ? "with our label" : "without a label";
  test(`an object ${what} that is not ours is a conflict, and untouched`, async () => {
    const metadata = { name: "a", namespace: "models", labels };
    const theirs = { apiVersion: "networking.istio.io/v1beta1", kind: "VirtualService", metadata };
    fake.put(collectionPaths.VirtualService, { ...theirs, spec: { hosts: ["theirs.example"] } });
    applyProvider("a");
    applyRoute("a");
    applyProvider("b");
    applyRoute("b");
    start();
    await untilReady("b");
    await until(() => statusOf("LLMRoute", "a")?.status === "Conflict");
    assert.deepEqual(live("VirtualService", "a")?.["spec"], { hosts: ["theirs.example"] });
    const condition = conditionOf(statusOf("LLMRoute", "a"), "Programmed");
    assert.match(condition?.message ?? "", /VirtualService models\/a exists/);
    fake.remove(pathOf("VirtualService", "a"));
    await until(() => isReady("LLMRoute", "a"));
  });
}

test("a resource that becomes invalid keeps its effect, also over a restart", async () => {
  const path = "/openai/chat/completions";
  applyProvider("a", { path, port: 8443 });
  applyRoute("a");
  applyProvider("b");
  start();
  await untilReady("a");
  const before = [live("VirtualService", "a"), live("DestinationRule", "a"), plugin()];
  const specs = () =>
    [live("VirtualService", "a"), live("DestinationRule", "a")].map((each) => each?.["spec"]);
  const held = specs();
  applyProvider("a", { path: "no-slash", port: 9 });
  await until(() => statusOf("LLMProvider", "a")?.status === "Invalid");
  await stopAll();
  start();
  // Something else changes meanwhile.
  applyProvider("b", { path: "/b/chat/completions" });
  await until(() => providersOf(plugin()).some((each) => each.path === "/b/chat/completions"));
  assert.ok(before.every((each) => each !== undefined));
  assert.deepEqual(specs(), held);
  const entry = providersOf(plugin()).find(({ name }) => name === "models/a");
  assert.equal(entry?.path, path);
  assert.match(entry?.clusters.join(" ") ?? "", /8443/);
  const status = statusOf("LLMProvider", "a");
  assert.match(conditionOf(status, "Accepted")?.message ?? "", /^invalid_path: spec\.path: /);
  assert.equal(conditionOf(status, "Programmed")?.reason, "Held");
  applyProvider("a", { path: "/new/chat/completions" });
  await until(() => isReady("LLMProvider", "a"));
});

test("a host that is in use by a refused resource can't be taken", async () => {
  applyProvider("a");
  start();
  await until(() => isReady("LLMProvider", "a"));
  applyProvider("a", { path: "no-slash" });
  await until(() => statusOf("LLMProvider", "a")?.status === "Invalid");
  applyProvider("thief", { host: "a.example" });
  await until(() => statusOf("LLMProvider", "thief")?.status === "Conflict");
  assert.deepEqual(
    providersOf(plugin()).map(({ name }) => name),
    ["models/a"],
  );
});

test("a route to a provider that does not exist is in effect, and says so", async () => {
  applyRoute("a");
  start();
  await until(() => statusOf("LLMRoute", "a")?.status === "UnknownProvider");
  const { status, reason } = conditionOf(statusOf("LLMRoute", "a"), "Accepted")!;
  assert.deepEqual([status, reason], ["True", "Accepted"]);
  await until(() => live("VirtualService", "a") !== undefined);
});

test("one object that the API refuses stops no other, and is tried less and less often", async () => {
  const allowed = fake.intercept;
  let tries = 0;
  fake.intercept = (request) => {
    if (request.method !== "POST" || request.body?.metadata.name !== "bad") return allowed(request);
    if (!request.path.endsWith("serviceentries")) return allowed(request);
    tries += 1;
    return { status: 422, message: "admission webhook denied: sk-literal-key-1234 is bad" };
  };
  applyProvider("bad", {
    configs: { defaultConfig: { openAIConfig: { apiKey: "sk-literal-key-1234" } } },
  });
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  await until(() => tries >= 2);
  const { message = "", reason } = conditionOf(statusOf("LLMProvider", "bad"), "Programmed") ?? {};
  assert.equal(reason, "Pending");
  assert.equal(message, "admission webhook denied: *** is bad");
  assert.doesNotMatch(lines.join("\n"), /sk-literal-key/);
  fake.intercept = allowed;
  await until(() => isReady("LLMProvider", "bad"));
});

test("what users delete one by one is undone, to the last", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  fake.remove(`${group}/namespaces/models/llmroutes/a`);
  fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => fake.paths("istio.io/v1").length === 0);
});

test("while the kinds are being deleted, nothing is undone", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  fake.intercept = ({ path }) => (path === group ? discovery("list") : undefined);
  fake.remove(`${group}/namespaces/models/llmroutes/a`);
  fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => lines.some((line) => line.includes("--prune-all")));
  assert.equal(fake.paths("istio.io/v1").length, 4);
});

test("after everything has vanished at once, nothing is undone without --prune-all", async () => {
  applyProvider("a");
  applyRoute("a");
  start();
  await untilReady("a");
  fake.lose(own.LLMProvider);
  fake.lose(own.LLMRoute);
  await until(() => lines.some((line) => line.includes("--prune-all")));
  assert.equal(fake.paths("istio.io/v1").length, 4);
  await stopAll();
  start({ pruneAll: true });
  await until(() => fake.paths("istio.io/v1").length === 0);
});

test("statuses are written on change alone, with an event for each transition", async () => {
  applyProvider("a");
  start();
  await until(() => isReady("LLMProvider", "a"));
  const patches = fake.count("PATCH", /status$/);
  fake.put("/apis/networking.istio.io/v1beta1/gateways", {
    ...{ apiVersion: "networking.istio.io/v1beta1", kind: "Gateway" },
    metadata: { name: "g", namespace: "istio-system" },
  });
  lines = [];
  await until(() => lines.some((line) => line.includes('"pass"')));
  assert.equal(fake.count("PATCH", /status$/), patches);
  applyProvider("a", { path: "no-slash" });
  await until(() => fake.count("POST", /events$/) === 2);
  const reasons = fake.requests
    .filter(({ path, method }) => method === "POST" && path.endsWith("/events"))
    .map(({ body }) => body?.["reason"]);
  assert.deepEqual(reasons, ["Ready", "Invalid"]);
});
