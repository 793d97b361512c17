import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { type Keys, KeyStore } from "../../src/keys/key-store.ts";
import { type Plugin, readPlugin } from "../../src/keys/plugin.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

const caller = { namespace: "istio-system", serviceAccount: "gateway" };
const labels = { istio: "egressgateway" };

let fake: FakeKube;
let client: KubeClient;
let store: KeyStore;
let lines: string[];

beforeEach(async () => {
  fake = await FakeKube.start();
  client = new KubeClient(fake.access);
  lines = [];
  const metadata = { name: "egw-0", namespace: "istio-system", labels };
  fake.put("/api/v1/pods", { kind: "Pod", metadata, spec: { serviceAccountName: "gateway" } });
  store = newStore();
});
afterEach(async () => {
  store.close();
  client.close();
  await fake.close();
});

function newStore(): KeyStore {
  const log = (message: string, fields: object) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return new KeyStore(client, { onChange: () => {}, onRemarks: () => {}, log });
}

function plugin(...references: string[]): Plugin {
  return pluginIn("istio-system", references);
}

function pluginIn(namespace: string, references: string[]): Plugin {
  const providers = references.map((apiKeySecretRef) => ({ settings: { apiKeySecretRef } }));
  const spec = { selector: { matchLabels: labels }, pluginConfig: { revision: "r1", providers } };
  const metadata = { name: "llm-egress", namespace };
  const read = readPlugin({ apiVersion: "v1", kind: "WasmPlugin", metadata, spec });
  assert.ok(read);
  return read;
}

function putSecret(data: Record<string, string>): void {
  const encoded = Object.entries(data).map(([name, text]) => [name, btoa(text)]);
  fake.put("/api/v1/secrets", {
    ...{ apiVersion: "v1", kind: "Secret", data: Object.fromEntries(encoded) as object },
    metadata: { name: "llm-keys", namespace: "istio-system" },
  });
}

test("keys that are too long are left out, and so are those that an answer has no room for", async () => {
  const long = "k".repeat(8192);
  const names = Array.from({ length: 140 }, (_, index) => `k${100 + index}`);
  putSecret({ ...Object.fromEntries(names.map((name) => [name, long])), more: `${long}k` });
  store.follow([plugin("llm-keys/more", ...names.map((name) => `llm-keys/${name}`))]);
  await until(() => store.isKnown);
  const { keys } = store.grantFor(caller) as Keys;
  const count = Object.keys(keys).length;
  assert.ok(count > 120 && count < 128, `${count}`);
  const remarks = ["more", "k100", "k239"].map((name) =>
    store.remarkOn("istio-system", `llm-keys/${name}`),
  );
  const title = "Secret istio-system/llm-keys:";
  assert.deepEqual(remarks, [
    { kind: "invalid", message: `${title} more is longer than 8192 bytes` },
    undefined,
    {
      kind: "invalid",
      message: `${title} k239 is left out, as the keys of a gateway exceed 1048576 bytes`,
    },
  ]);
  assert.match(lines.join("\n"), /keys are left out/);
});

test("a Secret that can't be read is tried again and again, and logged once", async () => {
  let tries = 0;
  fake.intercept = ({ path }) => {
    if (!path.includes("secrets")) return undefined;
    tries += 1;
    return { status: 403, reason: "Forbidden", message: "no" };
  };
  store.follow([plugin("llm-keys/a")]);
  await until(() => tries === 3);
  assert.deepEqual(lines, [
    'a Secret can\'t be read {"namespace":"istio-system","name":"llm-keys","error":"no"}',
  ]);
});

test("a tenant with a provider, pod and ServiceAccount of the same names gets no key of others", async () => {
  putSecret({ dashscope: "sk-secret-1" });
  const tenant = { ...caller, namespace: "tenant" };
  const metadata = { name: "egw-0", namespace: "tenant", labels };
  fake.put("/api/v1/pods", { kind: "Pod", metadata, spec: { serviceAccountName: "gateway" } });
  store.follow([pluginIn("tenant", ["llm-keys/dashscope"])]);
  await until(() => store.isKnown);
  assert.deepEqual((store.grantFor(tenant) as Keys).keys, {});
  assert.equal(store.grantFor(caller), "refused");
});

test("what can't be the name of a Secret and its entry is ignored", () => {
  const forged = ["../x", "a/../b", "a%2fb/c", "a?b/c", "a", "A/b", "a/b\n", "", "a/b c", "a,b/c"];
  assert.deepEqual(plugin(...forged, "a.b-c/D_e.f-g").references, ["a.b-c/D_e.f-g"]);
});

test("a store is not ready before it knows the plugins", () => {
  const other = newStore();
  assert.equal(other.isKnown, false);
  other.follow([]);
  assert.equal(other.isKnown, true);
  other.close();
});

test("a store that is closed reads nothing, as a pass may still be under way", () => {
  store.close();
  store.follow([plugin("other/key")]);
  assert.equal(store.isKnown, true);
  assert.equal(store.grantFor(caller), "refused");
});
