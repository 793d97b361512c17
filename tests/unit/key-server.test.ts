import assert from "node:assert/strict";
import http from "node:http";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { KeyStore } from "../../src/keys/key-store.ts";
import { type Plugin, readPlugin } from "../../src/keys/plugin.ts";
import { Polls } from "../../src/keys/polls.ts";
import { KeyServer } from "../../src/keys/server.ts";
import { KubeClient } from "../../src/kube/client.ts";
import { selfSigned } from "../support/certificate.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { askForKeys, type KeyAnswer, type KeyCall } from "../support/key-caller.ts";
import { MeshCa } from "../support/mesh-ca.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/until.ts";

const uri = (namespace: string, account: string, domain = "cluster.local") =>
  `URI:spiffe://${domain}/ns/${namespace}/sa/${account}`;
const gatewaySan = uri("istio-system", "gateway");
const labels = { istio: "egressgateway" };
const key = "sk-secret-1";
const pollMs = 400;

let ca: MeshCa;
let certificates: Record<string, { cert: string; key: string }>;
let fake: FakeKube;
let client: KubeClient;
let store: KeyStore;
let polls: Polls;
let server: KeyServer;
let port: number;
let lines: string[];

before(() => {
  ca = new MeshCa();
  certificates = {
    controller: ca.issue(uri("llm-egress-system", "llm-egress")),
    gateway: ca.issue(gatewaySan),
  };
});
after(() => ca.close());

beforeEach(async () => {
  fake = await FakeKube.start();
  client = new KubeClient(fake.access);
  lines = [];
  putSecret({ dashscope: key });
  putPod("egw-0", "gateway", labels);
  store = newStore();
  polls = new Polls();
  port = await freePort();
  server = newServer(port, store);
  await server.use({ ...certificates["controller"]!, ca: ca.root });
  store.follow([plugin("llm-keys/dashscope")]);
  await until(() => store.isKnown);
});
afterEach(async () => {
  server.close();
  store.close();
  client.close();
  await fake.close();
  assert.doesNotMatch(lines.join("\n"), /sk-secret/);
});

function newStore(): KeyStore {
  const log = (message: string, fields: object) =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return new KeyStore(client, { onChange: () => server?.notify(), onRemarks: () => {}, log });
}

function newServer(onPort: number, of: KeyStore): KeyServer {
  const note = (...words: unknown[]) => void lines.push(JSON.stringify(words));
  return new KeyServer({
    ...{ host: "127.0.0.1", port: onPort, trustDomain: "cluster.local", store: of, polls, pollMs },
    own: { namespace: "llm-egress-system", serviceAccount: "llm-egress" },
    ...{ onPoll: () => {}, onRefusal: note, onKeys: note },
    forward: () => Promise.resolve("not"),
  });
}

function plugin(...references: string[]): Plugin {
  const providers = references.map((apiKeySecretRef) => ({ settings: { apiKeySecretRef } }));
  const spec = { selector: { matchLabels: labels }, pluginConfig: { revision: "r1", providers } };
  const metadata = { name: "llm-egress", namespace: "istio-system" };
  const read = readPlugin({ apiVersion: "v1", kind: "WasmPlugin", metadata, spec });
  assert.ok(read);
  return read;
}

function putSecret(data: Record<string, string>, name = "llm-keys"): void {
  const encoded = Object.entries(data).map(([entry, text]) => [
    entry,
    Buffer.from(text).toString("base64"),
  ]);
  const metadata = { name, namespace: "istio-system" };
  fake.put("/api/v1/secrets", {
    ...{ apiVersion: "v1", kind: "Secret", metadata },
    data: Object.fromEntries(encoded) as object,
  });
}

function putPod(
  name: string,
  serviceAccountName: string,
  its: Record<string, string>,
  namespace = "istio-system",
): void {
  const metadata = { name, namespace, labels: its };
  fake.put("/api/v1/pods", { kind: "Pod", metadata, spec: { serviceAccountName } });
}

function ask(call: Partial<KeyCall> = {}): Promise<KeyAnswer> {
  return askForKeys({ address: "127.0.0.1", port, certificate: certificates["gateway"]!, ...call });
}

function askAs(subjectAltName: string): Promise<KeyAnswer> {
  return ask({ certificate: ca.issue(subjectAltName) });
}

test("a gateway gets the keys of its providers, and no others", async () => {
  putSecret({ moonshot: "sk-secret-other" }, "others");
  const { status, keys, version } = await ask();
  assert.equal(status, 200);
  assert.deepEqual(keys, { "llm-keys/dashscope": key });
  assert.match(version, /^\d+\.[0-9a-f]{32}$/);
});

const refused: [string, string][] = [
  ["another ServiceAccount", uri("istio-system", "default")],
  ["another namespace", uri("default", "gateway")],
  ["another trust domain", uri("istio-system", "gateway", "evil.local")],
  ["two names", `${uri("default", "sleep")},${gatewaySan}`],
  ["the same name twice", `${gatewaySan},${gatewaySan}`],
  ["a DNS name", "DNS:spiffe.cluster.local"],
  ["a DNS name in addition", `${gatewaySan},DNS:gateway.istio-system.svc`],
  ["a DNS name that looks like two names", `DNS:x\\, ${gatewaySan}`],
  ["a URI that goes on", `${gatewaySan}/more`],
  ["a URI in another case", gatewaySan.replace("spiffe", "SPIFFE")],
];
for (const [what, name] of refused) {
  test(`refused, logged and counted: ${what}`, async () => {
    const answer = await askAs(name);
    assert.deepEqual(answer, { status: 403, version: "", keys: {} });
    assert.match(lines.join("\n"), /"(identity|pod)"/);
  });
}

test("refused: a certificate that the mesh has not issued", async () => {
  await assert.rejects(ask({ certificate: selfSigned("gateway", gatewaySan) }));
  const other = new MeshCa();
  await assert.rejects(ask({ certificate: other.issue(gatewaySan) }));
  other.close();
  await until(() => lines.length === 2);
  assert.match(lines.join("\n"), /"tls".*DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_/);
});

test("refused: no certificate, and no TLS", async () => {
  await assert.rejects(askForKeys({ address: "127.0.0.1", port }));
  const plain = new Promise((resolve, reject) => {
    http.get({ host: "127.0.0.1", port, path: "/v1/keys" }, resolve).on("error", reject);
  });
  await assert.rejects(plain);
  await until(() => lines.length === 2);
  assert.match(lines.join("\n"), /ERR_SSL_HTTP_REQUEST/);
});

test("refused: a pod that is not what it says to istiod", async () => {
  // istiod gives it the plugin by the labels that its proxy claims. The pod itself has none.
  putPod("liar", "liar", { app: "liar" });
  assert.equal((await askAs(uri("istio-system", "liar"))).status, 403);
  putPod("elsewhere", "elsewhere", labels, "default");
  assert.equal((await askAs(uri("default", "elsewhere"))).status, 403);
});

test("another path or method gets nothing", async () => {
  assert.equal((await ask({ path: "/v1/keys/all" })).status, 404);
  for (const path of ["/", "//", "http://[/v1/keys", "/v1/keys#", "/v1/keys/?version="]) {
    assert.equal((await ask({ path })).status, 404, path);
  }
});

test("a poll is answered when the Secret changes, at once", async () => {
  const { version } = await ask();
  const waiting = ask({ version });
  await until(() => polls.count() === 1);
  const begun = performance.now();
  putSecret({ dashscope: "sk-secret-2" });
  const answer = await waiting;
  assert.deepEqual(answer.keys, { "llm-keys/dashscope": "sk-secret-2" });
  assert.ok(performance.now() - begun < 200);
  assert.equal(polls.count(), 0);
});

test("a poll ends without keys if nothing changes", async () => {
  const { version } = await ask();
  const begun = performance.now();
  assert.equal((await ask({ version })).status, 304);
  assert.ok(performance.now() - begun >= pollMs - 20);
});

test("a poll ends when the caller's rights end", async () => {
  const { version } = await ask();
  const waiting = ask({ version });
  await until(() => polls.count() === 1);
  putPod("egw-0", "gateway", { istio: "something-else" });
  assert.equal((await waiting).status, 403);
});

test("a renewed certificate is used for new connections, and breaks off none", async () => {
  const { version } = await ask();
  const waiting = ask({ version });
  await until(() => polls.count() === 1);
  await server.use({ ...ca.issue(uri("llm-egress-system", "llm-egress")), ca: ca.root });
  putSecret({ dashscope: "sk-secret-2" });
  assert.equal((await waiting).status, 200);
  assert.equal((await ask()).status, 200);
});

test("one Secret that can't be read harms only its providers", async () => {
  fake.intercept = ({ path, query }) => {
    const isLocked = /locked/.test(query.get("fieldSelector") ?? path);
    return isLocked ? { status: 403, reason: "Forbidden", message: "no" } : undefined;
  };
  store.follow([plugin("llm-keys/dashscope", "locked/key", "missing/key", "llm-keys/none")]);
  await until(() => store.isKnown);
  const { keys } = await ask();
  assert.deepEqual(keys, { "llm-keys/dashscope": key });
  const remarks = ["locked/key", "missing/key", "llm-keys/none"].map((each) =>
    store.remarkOn("istio-system", each),
  );
  assert.deepEqual(remarks, [
    {
      kind: "missing",
      message: "Secret istio-system/locked can't be read: the controller has no right to read it",
    },
    { kind: "missing", message: "Secret istio-system/missing is missing" },
    { kind: "missing", message: "Secret istio-system/llm-keys has no key none" },
  ]);
});

test("what is wrong with a key is said without the key", async () => {
  const texts = {
    quoted: '"sk-secret-q"',
    bearer: "Bearer sk-secret-b",
    inside: "sk-secret\nsecond",
    control: "sk-secret\u0001",
    ended: "sk-secret-e\n",
    empty: " \n",
    good: "sk-secret-g",
  };
  putSecret(texts);
  const names = Object.keys(texts);
  store.follow([plugin(...names.map((name) => `llm-keys/${name}`))]);
  await until(() => store.remarkOn("istio-system", "llm-keys/quoted")?.kind === "suspicious");
  const remarks = names.map((name) => store.remarkOn("istio-system", `llm-keys/${name}`));
  assert.deepEqual(
    remarks.map((remark) => remark && `${remark.kind}: ${remark.message.split(": ")[1]}`),
    [
      "suspicious: quoted has quotes around it, which are sent",
      "suspicious: bearer begins with Bearer, which auth.prefix adds already",
      "invalid: inside contains a line end",
      "invalid: control contains a character that is not printable ASCII",
      "suspicious: ended has whitespace around it, which is not sent",
      "invalid: empty is empty",
      undefined,
    ],
  );
  assert.doesNotMatch(JSON.stringify(remarks), /sk-secret/);
  const { keys } = await ask();
  assert.deepEqual(Object.keys(keys).sort(), [
    "llm-keys/bearer",
    "llm-keys/ended",
    "llm-keys/good",
    "llm-keys/quoted",
  ]);
  assert.equal(keys["llm-keys/ended"], "sk-secret-e");
});

test("replicas agree on versions, and one that lags hands out no older key", async () => {
  const first = await ask();
  const late = newStore();
  const latePort = await freePort();
  const lateServer = newServer(latePort, late);
  await lateServer.use({ ...certificates["controller"]!, ca: ca.root });
  try {
    late.follow([plugin("llm-keys/dashscope")]);
    await until(() => late.isKnown);
    assert.equal((await ask({ port: latePort })).version, first.version);
    // The late replica's watch is broken off, and its reads fail.
    let isDown = true;
    fake.intercept = () => (isDown ? { status: 500, message: "down" } : undefined);
    store.close();
    store = newStore();
    fake.dropWatches();
    putSecret({ dashscope: "sk-secret-2" });
    const held = `${Number(first.version.split(".")[0]) + 1000}.${"0".repeat(32)}`;
    const withheld = await ask({ port: latePort, version: held });
    assert.equal(withheld.status, 304);
    isDown = false;
    const answer = await ask({ port: latePort, version: held });
    assert.deepEqual(answer.keys, { "llm-keys/dashscope": "sk-secret-2" });
  } finally {
    lateServer.close();
    late.close();
  }
});

test("a caller without keys is answered as soon as its Secrets have been read", async () => {
  let isSlow = true;
  fake.intercept = async ({ query }) => {
    if (isSlow && query.get("fieldSelector")?.includes("slow")) await sleep(100);
    return undefined;
  };
  putSecret({ key: "sk-secret-slow" }, "slow");
  store.follow([plugin("llm-keys/dashscope", "slow/key")]);
  isSlow = false;
  const { keys } = await ask();
  assert.deepEqual(Object.keys(keys), ["llm-keys/dashscope", "slow/key"]);
});
