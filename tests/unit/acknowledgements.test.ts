import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { Controller } from "../../src/controller/controller.ts";
import type { Gateways } from "../../src/controller/gateways.ts";
import { createLog } from "../../src/controller/log.ts";
import { Secrets } from "../../src/controller/secrets.ts";
import type { Remark } from "../../src/keys/key-store.ts";
import type { Lagging } from "../../src/keys/service.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { istioOptions } from "../support/istio-options.ts";
import { noGateways } from "../support/no-gateways.ts";
import { until } from "../support/until.ts";

const group = "/apis/istio.alibabacloud.com/v1beta1";
const keyCluster = "outbound|8443||llm-egress.llm-egress-system.svc.cluster.local";

let fake: FakeKube;
let running: { stop: AbortController; ended: Promise<void> }[];

beforeEach(async () => {
  fake = await FakeKube.start();
  running = [];
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

function start(gateways: Gateways = noGateways, settleMs = 120): Controller {
  const secrets = new Secrets();
  const controller = new Controller(new KubeClient(fake.access), {
    istio: { ...istioOptions(), keyCluster },
    log: createLog("debug", secrets.hide, () => {}),
    ...{ gateways, secrets, isLeader: () => true, instance: "test", pruneAll: false, settleMs },
  });
  const stop = new AbortController();
  running.push({ stop, ended: controller.run(stop.signal) });
  return controller;
}

function apply(kind: "LLMProvider" | "LLMRoute", spec: object): void {
  const metadata = { name: "a", namespace: "models" };
  const plural = kind === "LLMProvider" ? "llmproviders" : "llmroutes";
  const apiVersion = "istio.alibabacloud.com/v1beta1";
  fake.put(`${group}/${plural}`, { apiVersion, kind, metadata, spec });
}

function applyProvider(more: object = {}): void {
  const workloadSelector = { labels: { istio: "egressgateway" } };
  apply("LLMProvider", { host: "a.example", workloadSelector, ...more });
}

function applyRoute(): void {
  const rules = [{ name: "a", backendRefs: [{ providerHost: "a.example" }] }];
  apply("LLMRoute", { host: "a.example", gateways: ["istio-system/egress"], rules });
}

interface Status {
  status: string;
  conditions: { type: string; message: string }[];
}

const statusOf = (plural: string) =>
  fake.at(`${group}/namespaces/models/${plural}/a`)?.["status"] as Status | undefined;
const provider = () => statusOf("llmproviders");
const route = () => statusOf("llmroutes");
const messageOf = (status: Status | undefined, type: string) =>
  status?.conditions.find((each) => each.type === type)?.message ?? "";

interface Plugin {
  pluginConfig: { revision?: string; providers: { path: string }[] };
}

const pluginConfig = () => {
  const [path = ""] = fake.paths("/wasmplugins/");
  return (fake.at(path)?.["spec"] as Plugin | undefined)?.pluginConfig;
};
const revision = () => pluginConfig()?.revision ?? "";

const acknowledging = (lagging: () => Lagging | undefined): Gateways => ({
  ...noGateways,
  laggingAt: () => lagging(),
});
test("routes wait until gateways acknowledge, and no longer", async () => {
  let behind = ["models/gateway-1"];
  const controller = start(
    acknowledging(() => ({ behind, silent: [] })),
    10_000,
  );
  applyProvider();
  applyRoute();
  await until(() => route()?.status === "Pending");
  await until(() => provider()?.status === "Pending");
  const message = messageOf(provider(), "Programmed");
  assert.match(message, /loading|models\/gateway-1/);
  assert.equal(fake.paths("/virtualservices/")[0], undefined);
  behind = [];
  const begun = performance.now();
  controller.trigger();
  await until(() => provider()?.status === "Ready" && route()?.status === "Ready");
  assert.ok(performance.now() - begun < 2_000);
  assert.equal(messageOf(provider(), "Programmed"), "in effect at all pods that it selects");
});

test("a gateway that does not acknowledge is waited for in vain, and named", async () => {
  start(acknowledging(() => ({ behind: ["models/g-1"], silent: [] })));
  applyProvider();
  applyRoute();
  await until(() => route()?.status === "Ready");
  await until(() => provider()?.status === "Pending");
  await until(() => messageOf(provider(), "Programmed") === "not in effect yet at models/g-1");
});

test("a pod without a filter is named, and keeps nothing from being ready", async () => {
  start(acknowledging(() => ({ behind: [], silent: ["models/g-1"] })));
  applyProvider();
  await until(() => provider()?.status === "Ready");
  assert.equal(
    messageOf(provider(), "Programmed"),
    "written to the mesh; no filter responds at models/g-1",
  );
});

test("a start takes back nothing that was known of the gateways", async () => {
  start(acknowledging(() => ({ behind: [], silent: [] })));
  applyProvider();
  applyRoute();
  const inEffect = "in effect at all pods that it selects";
  await until(() => messageOf(provider(), "Programmed") === inEffect);
  await until(() => route()?.status === "Ready");
  await stopAll();
  const written = fake.count("PATCH", /status$/);
  const { metrics } = start(acknowledging(() => undefined));
  let passes = 0;
  while (passes === 0) {
    await sleep(20);
    passes = (await metrics.passes.get()).values.reduce((sum, { value }) => sum + value, 0);
  }
  assert.equal(fake.count("PATCH", /status$/), written);
  assert.equal(messageOf(provider(), "Programmed"), inEffect);
});

test("a pod that is replaced is named only if no filter responds there for long", async () => {
  let silent: string[] = [];
  const controller = start(acknowledging(() => ({ behind: [], silent })));
  applyProvider();
  const inEffect = "in effect at all pods that it selects";
  await until(() => messageOf(provider(), "Programmed") === inEffect);
  silent = ["models/g-2"];
  controller.trigger();
  await sleep(500);
  assert.equal(messageOf(provider(), "Programmed"), inEffect);
  await until(() => messageOf(provider(), "Programmed").endsWith("responds at models/g-2"));
  silent = [];
  controller.trigger();
  await until(() => messageOf(provider(), "Programmed") === inEffect);
});

test("a configuration keeps its revision until it changes, and never gets a former one", async () => {
  applyProvider();
  start();
  await until(() => provider()?.status === "Ready");
  const first = revision();
  assert.match(first, /^[0-9a-f]{16}-[0-9a-z]+$/);
  await stopAll();
  start();
  applyProvider({ path: "/other/chat/completions" });
  await until(() => revision() !== first);
  applyProvider();
  await until(() => pluginConfig()?.providers[0]?.path !== "/other/chat/completions");
  assert.notEqual(revision(), first);
  assert.equal(revision().split("-")[0], first.split("-")[0]);
});

test("what is wrong with a key is in the status of its provider", async () => {
  const secret = "Secret models/keys";
  const remarks: Record<string, Remark> = {
    "keys/a": { kind: "missing", message: `${secret} has no key a` },
  };
  start({ ...noGateways, remarkOn: (_, reference) => remarks[reference] });
  const openAIConfig = { apiKeySecretRef: { name: "keys", key: "a" } };
  applyProvider({ configs: { defaultConfig: { openAIConfig } } });
  await until(() => provider()?.status === "SecretNotFound");
  assert.equal(messageOf(provider(), "ResolvedRefs"), `${secret} has no key a`);
});
