// What waits for the gateways, and what does not.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { collectionPaths } from "../../src/controller/desired.ts";
import { ControlledKube, group, pathOf } from "../support/controlled-kube.ts";
import { until } from "../support/until.ts";

let kube: ControlledKube;

beforeEach(async () => {
  kube = await ControlledKube.start();
});
afterEach(() => kube.close());

test("only what needs the filter's new configuration waits until gateways have it", async () => {
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController({ settleMs: 1_500 });
  await kube.untilReady("a");
  kube.applyProvider("b");
  kube.applyRoute("b");
  await until(() => kube.statusOf("LLMRoute", "b")?.status === "Pending");
  const route = kube.live("VirtualService", "a")!;
  kube.fake.remove(pathOf("VirtualService", "a"));
  kube.fake.remove(pathOf("ServiceEntry", "a"));
  await until(() => kube.live("VirtualService", "a") !== undefined);
  await until(() => kube.live("ServiceEntry", "a") !== undefined);
  kube.apply("LLMRoute", "a", {
    ...{ host: "a.example", gateways: ["istio-system/egress"] },
    rules: [{ name: "renamed", backendRefs: [{ providerHost: "a.example" }] }],
  });
  await until(() => !isDeepStrictEqual(kube.live("VirtualService", "a")?.["spec"], route["spec"]));
  assert.equal(kube.live("VirtualService", "b"), undefined);
  await kube.untilReady("a", "b");
});

test("settings of a rule and a further host wait for the filter as well", async () => {
  kube.applyProvider("a");
  kube.startController({ settleMs: 500 });
  await until(() => kube.isReady("LLMProvider", "a"));
  await sleep(500);
  const openAIConfig = { model: "m" };
  kube.applyProvider("a", { configs: { routeSpecificConfigs: { other: { openAIConfig } } } });
  const rules = [{ name: "other", backendRefs: [{ providerHost: "a.example" }] }];
  kube.apply("LLMRoute", "other", {
    host: "other.example",
    gateways: ["istio-system/egress"],
    rules,
  });
  await until(() => kube.statusOf("LLMRoute", "other")?.status === "Pending");
  assert.equal(kube.live("VirtualService", "other"), undefined);
  await until(() => kube.isReady("LLMRoute", "other"));
});

test("a filter that can't be written keeps its routes back", async () => {
  const allowed = kube.fake.intercept;
  kube.fake.intercept = (request) =>
    request.path.endsWith("wasmplugins") && request.method === "POST"
      ? { status: 413, message: "too large" }
      : allowed(request);
  kube.applyProvider("a");
  kube.applyRoute("a");
  kube.startController();
  await until(() => kube.lines.filter((line) => line.includes("too large")).length > 1);
  assert.equal(kube.live("ServiceEntry", "a"), undefined);
  assert.equal(kube.live("VirtualService", "a"), undefined);
  assert.equal(kube.statusOf("LLMRoute", "a")?.status, "Pending");
  kube.fake.intercept = allowed;
  await kube.untilReady("a");
});

test("a filter whose configuration somebody has made unreadable is repaired", async () => {
  kube.applyProvider("a");
  kube.startController();
  await until(() => kube.isReady("LLMProvider", "a"));
  for (const pluginConfig of [undefined, {}, { providers: [{}] }]) {
    const object = kube.plugin()!;
    const spec = { ...(object["spec"] as object), pluginConfig };
    kube.fake.put(collectionPaths.WasmPlugin, { ...object, spec });
    await until(() => isDeepStrictEqual(kube.plugin()?.["spec"], object["spec"]));
  }
});

test("a provider is known to the mesh only while a route leads to it", async () => {
  const entry = () => kube.live("ServiceEntry", "a");
  kube.applyProvider("a");
  kube.startController();
  await until(() => kube.isReady("LLMProvider", "a"));
  assert.equal(entry(), undefined);
  kube.applyRoute("a");
  await kube.untilReady("a");
  assert.notEqual(entry(), undefined);
  kube.fake.remove("/apis/istio.alibabacloud.com/v1beta1/namespaces/models/llmroutes/a");
  await until(() => kube.live("VirtualService", "a") === undefined);
  // Sidecars forget the provider before they forget what leads to the gateway.
  assert.equal(entry(), undefined);
  const order = kube.fake.requests.filter(({ method }) => method === "DELETE");
  const kinds = order.map(({ path }) => path.split("/").at(-2));
  assert.deepEqual(kinds, ["serviceentries", "virtualservices"]);
  assert.equal(kube.isReady("LLMProvider", "a"), true);
});

test("a route that can't be changed keeps what it needs, and holds up nothing else", async () => {
  for (const name of ["a", "b", "c"]) {
    kube.applyProvider(name);
    kube.applyRoute(name);
  }
  kube.startController();
  await kube.untilReady("a", "b", "c");
  const allowed = kube.fake.intercept;
  const message = "etcdserver: request is too large";
  kube.fake.intercept = (request) =>
    request.method === "PUT" && request.path.endsWith("virtualservices/a")
      ? { status: 413, message }
      : allowed(request);
  kube.applyRoute("a", "c.example");
  await until(() => kube.statusOf("LLMRoute", "a")?.status === "Pending");
  for (const name of ["llmroutes/b", "llmproviders/b", "llmproviders/a"]) {
    kube.fake.remove(`${group}/namespaces/models/${name}`);
  }
  await until(() => kube.live("DestinationRule", "b") === undefined);
  const names = (): string[] => kube.providersOfPlugin().map(({ name }) => name);
  assert.ok(kube.live("DestinationRule", "a"));
  assert.ok(names().includes("models/a"));
  kube.fake.intercept = allowed;
  await until(() => kube.live("DestinationRule", "a") === undefined);
  assert.deepEqual(names(), ["models/c"]);
});
