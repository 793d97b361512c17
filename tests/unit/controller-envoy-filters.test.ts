import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Controller } from "../../src/controller/controller.ts";
import type { IstioOptions } from "../../src/emit/istio/options.ts";
import { createLog } from "../../src/controller/log.ts";
import { Secrets } from "../../src/controller/secrets.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { istioOptions } from "../support/istio-options.ts";
import { noGateways } from "../support/no-gateways.ts";
import { until } from "../support/until.ts";

const group = "/apis/istio.alibabacloud.com/v1beta1";
const filters = "/apis/networking.istio.io/v1alpha3/namespaces/models/envoyfilters";
const filter = `${filters}/llm-egress-istio-egressgateway-local-replies`;

let fake: FakeKube;
let stop: AbortController;
let ended: Promise<void>;

beforeEach(async () => {
  fake = await FakeKube.start();
  const verbs = ["create"];
  const resources = ["llmproviders", "llmroutes"].map((name) => ({ name, verbs }));
  fake.intercept = ({ path, method }) =>
    path === group && method === "GET" ? { status: 200, body: { resources } } : undefined;
  for (const name of ["a", "b"]) {
    fake.put(`${group}/llmproviders`, {
      ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMProvider" },
      metadata: { name, namespace: "models" },
      spec: { host: `${name}.example`, workloadSelector: { labels: { istio: "egressgateway" } } },
    });
  }
});
afterEach(async () => {
  stop.abort();
  await ended;
  await fake.close();
});

function start(options: Partial<IstioOptions>): void {
  const secrets = new Secrets();
  const log = createLog("error", secrets.hide, () => {});
  const controller = new Controller(new KubeClient(fake.access), {
    istio: istioOptions({ proxies: false, ...options }),
    ...{
      log,
      secrets,
      gateways: noGateways,
      isLeader: () => true,
      instance: "test",
      pruneAll: false,
      settleMs: 50,
    },
  });
  stop = new AbortController();
  ended = controller.run(stop.signal);
}

const isReady = () =>
  ["a", "b"].every((name) => {
    const status = fake.at(`${group}/namespaces/models/llmproviders/${name}`)?.["status"];
    return (status as { status?: string } | undefined)?.status === "Ready";
  });

test("with local replies, a gateway has one EnvoyFilter, which goes with its last provider", async () => {
  start({ localReplies: "openai" });
  await until(() => isReady() && fake.at(filter) !== undefined);
  assert.equal(fake.paths("/envoyfilters/").length, 1);
  fake.remove(filter);
  await until(() => fake.at(filter) !== undefined);
  fake.remove(`${group}/namespaces/models/llmproviders/a`);
  await until(() => fake.paths("/destinationrules/").length === 1);
  assert.notEqual(fake.at(filter), undefined);
  fake.remove(`${group}/namespaces/models/llmproviders/b`);
  await until(() => fake.at(filter) === undefined);
});

test("without, nothing asks for EnvoyFilters, as there are no rights for them", async () => {
  start({});
  await until(isReady);
  assert.deepEqual(
    fake.requests.filter(({ path }) => path.includes("envoyfilters")),
    [],
  );
});

const providerB = `${group}/namespaces/models/llmproviders/b`;
const tunnel = `${filters}/b-proxy`;

/** Changes the provider `b`. */
function setConnection(connection: object): void {
  const { spec, ...b } = fake.at(providerB)!;
  fake.put(`${group}/llmproviders`, { ...b, spec: { ...(spec as object), connection } });
}

const resolution = () => {
  const entry = fake.at("/apis/networking.istio.io/v1beta1/namespaces/models/serviceentries/b");
  return (entry?.["spec"] as { resolution?: string } | undefined)?.resolution;
};

test("with proxies, a provider has the EnvoyFilter of its tunnel as long as it has a proxy", async () => {
  setConnection({ proxy: { host: "proxy.example", port: 3128 } });
  fake.put(`${group}/llmroutes`, {
    ...{ apiVersion: "istio.alibabacloud.com/v1beta1", kind: "LLMRoute" },
    metadata: { name: "b", namespace: "models" },
    spec: {
      host: "b.example",
      rules: [{ name: "all", backendRefs: [{ providerHost: "b.example" }] }],
    },
  });
  start({ proxies: true });
  await until(() => isReady() && resolution() === "STATIC");
  assert.deepEqual(fake.paths("/envoyfilters/"), [tunnel]);
  const annotations = fake.at(tunnel)?.metadata.annotations;
  assert.equal(annotations?.["llm-egress/source"], "LLMProvider models/b");
  setConnection({});
  await until(() => fake.at(tunnel) === undefined);
  // As long as a request may go through it, the tunnel is there.
  const writes = fake.requests.filter(
    ({ method, path }) => method !== "GET" && /(serviceentries\/b|b-proxy)$/.test(path),
  );
  assert.deepEqual(
    writes.slice(-2).map(({ method, path }) => `${method} ${path.split("/").at(-1)}`),
    ["PUT b", "DELETE b-proxy"],
  );
});

test("without, a provider with a proxy is refused, and nothing is written for it", async () => {
  setConnection({ proxy: { host: "proxy.example", port: 3128 } });
  start({});
  const status = () => fake.at(providerB)?.["status"] as { status?: string } | undefined;
  await until(() => status()?.status === "Invalid");
  assert.match(JSON.stringify(status()), /unsupported_connection.*module\.proxies/);
  assert.equal(resolution(), undefined);
});
