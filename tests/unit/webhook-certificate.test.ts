import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import { connect, createServer } from "node:tls";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import {
  isFresh,
  type KeyPair,
  makeCertificate,
} from "../../src/controller/webhook/certificate.ts";
import { Certificates, names } from "../../src/controller/webhook/certificates.ts";
import { KubeClient, type KubeObject } from "../../src/kube/client.ts";
import { FakeKube } from "../support/fake-kube.ts";
import { until } from "../support/until.ts";

const host = "llm-egress.system.svc";
const namespace = "system";
const dayMs = 86_400_000;
const secretPath = `/api/v1/namespaces/${namespace}/secrets/${names.secret}`;
const configurations = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const configurationPath = `${configurations}/${names.configuration}`;

let fake: FakeKube;
let now: number;
let lines: string[];
let running: { stop: AbortController; ended: Promise<void> }[];

beforeEach(async () => {
  fake = await FakeKube.start();
  [now, lines, running] = [Date.now(), [], []];
});
afterEach(async () => {
  for (const { stop } of running) stop.abort();
  await Promise.all(running.map(({ ended }) => ended));
  await fake.close();
});

/** A replica, with the certificates that it has served. */
function start(isLeader = true): { served: KeyPair[]; trigger: () => void } {
  const served: KeyPair[] = [];
  const write = (message: string, fields?: object) =>
    void lines.push(JSON.stringify({ message, ...fields }));
  const log = { debug: write, info: write, warn: write, error: write };
  const certificates = new Certificates(new KubeClient(fake.access), {
    ...{ host, namespace, log, isLeader: () => isLeader, now: () => now, retryMs: 20 },
    onPair: (pair) => Promise.resolve(void served.push(pair)),
  });
  const stop = new AbortController();
  running.push({ stop, ended: certificates.run(stop.signal) });
  return { served, trigger: () => certificates.trigger() };
}

function configure(name = names.configuration, webhook = names.webhook, caBundle = ""): void {
  const webhooks = [{ name: webhook, clientConfig: { service: { name: "x" }, caBundle } }];
  const apiVersion = "admissionregistration.k8s.io/v1";
  const kind = "ValidatingWebhookConfiguration";
  fake.put(configurations, { apiVersion, kind, metadata: { name }, webhooks });
}

const textIn = (name: string): string => {
  const data = (fake.at(secretPath)?.["data"] ?? {}) as Record<string, string>;
  return Buffer.from(data[name] ?? "", "base64").toString();
};
const bundleAt = (path = configurationPath): string => {
  const [first] = (fake.at(path)?.["webhooks"] ?? []) as { clientConfig: { caBundle: string } }[];
  return Buffer.from(first?.clientConfig.caBundle ?? "", "base64").toString();
};

test("a certificate is for its host, for a year, and a TLS client accepts it", async () => {
  const pair = makeCertificate(host);
  const certificate = new X509Certificate(pair.cert);
  assert.ok(certificate.checkHost(host) && certificate.verify(certificate.publicKey));
  assert.equal(certificate.checkHost("other.system.svc"), undefined);
  assert.notEqual(
    certificate.serialNumber,
    new X509Certificate(makeCertificate(host).cert).serialNumber,
  );
  const server = createServer(pair, (socket) => socket.end("ok")).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const dial = async (servername: string): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1", servername, ca: pair.cert });
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString();
  };
  assert.equal(await dial(host), "ok");
  await assert.rejects(dial("other.system.svc"), { code: "ERR_TLS_CERT_ALTNAME_INVALID" });
  server.close();
});

test("a certificate is fresh until three months before its end", () => {
  const pair = makeCertificate(host, now);
  assert.ok(isFresh(pair, host, now));
  assert.ok(isFresh(pair, host, now + 274 * dayMs));
  assert.ok(!isFresh(pair, host, now + 276 * dayMs));
  assert.ok(!isFresh(pair, host, now - 2 * dayMs));
  assert.ok(!isFresh(pair, "other", now));
  assert.ok(!isFresh({ ...pair, key: makeCertificate(host).key }, host, now));
  assert.ok(!isFresh({ cert: "x", key: pair.key }, host, now));
});

test("two replicas that start at once share one Secret", async () => {
  const [one, two] = [start(), start(false)];
  await until(() => one.served.length > 0 && two.served.length > 0);
  assert.equal(one.served.at(-1)?.cert, textIn("tls.crt"));
  assert.equal(two.served.at(-1)?.cert, textIn("tls.crt"));
  assert.equal((fake.at(secretPath) as KubeObject)["type"], "kubernetes.io/tls");
  assert.equal(fake.paths("/secrets/").length, 1);
  assert.ok(isFresh(one.served.at(-1)!, host));
});

test("a restart takes the certificate that is there", async () => {
  const first = start();
  await until(() => first.served.length > 0);
  const second = start();
  await until(() => second.served.length > 0);
  assert.equal(second.served[0]?.cert, first.served[0]?.cert);
  assert.equal(fake.count("PUT", /secrets/), 0);
});

test("the leader keeps the caBundle, and nobody else's webhook", async () => {
  configure();
  configure("another", names.webhook, "b3RoZXI=");
  start();
  await until(() => bundleAt() !== "" && bundleAt() === textIn("ca.crt"));
  configure(names.configuration, names.webhook, "c3RvbGVu");
  await until(() => bundleAt() === textIn("ca.crt"));
  assert.equal(bundleAt(`${configurations}/another`), "other");
  // Whatever somebody has put in its place.
  configure(names.configuration, "validate.example", "b3RoZXI=");
  await new Promise((resolve) => setTimeout(resolve, 100));
  assert.equal(bundleAt(), "other");
});

test("a replica that does not lead leaves the configuration alone, until it leads", async () => {
  configure();
  const { served } = start(false);
  await until(() => served.length > 0);
  assert.equal(fake.count("PUT", /validating/), 0);
});

test("it is renewed in time, and the API server trusts both for a while", async () => {
  configure();
  const { served, trigger } = start();
  const other = start(false);
  await until(() => bundleAt() !== "" && other.served.length > 0);
  const former = textIn("tls.crt");
  now += 200 * dayMs;
  trigger();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal(textIn("tls.crt"), former);
  now += 100 * dayMs;
  trigger();
  await until(() => textIn("tls.crt") !== former && bundleAt() === textIn("ca.crt"));
  assert.equal(bundleAt(), textIn("tls.crt") + former);
  await until(() => [served, other.served].every((all) => all.at(-1)?.cert === textIn("tls.crt")));
  // After the next one, the first has expired.
  now += 300 * dayMs;
  trigger();
  const second = textIn("tls.crt");
  await until(() => textIn("tls.crt") !== second && bundleAt() === textIn("ca.crt"));
  assert.equal(bundleAt(), textIn("tls.crt") + second);
});

test("a Secret that somebody has deleted or spoiled is made anew", async () => {
  configure();
  const { served } = start();
  await until(() => bundleAt() !== "");
  fake.remove(secretPath);
  await until(() => served.length > 1 && bundleAt() === textIn("ca.crt"));
  const data = { "tls.crt": "eA==", "tls.key": "eA==", "ca.crt": "eA==" };
  fake.put(`/api/v1/secrets`, { ...fake.at(secretPath), data });
  await until(() => served.length > 2 && bundleAt() === textIn("ca.crt"));
});

test("a Secret that can't be written is tried again, and no key is in the log", async () => {
  let refusals = 3;
  fake.intercept = ({ method, path }) =>
    method === "POST" && path.endsWith("/secrets") && refusals-- > 0
      ? { status: 403, message: "forbidden" }
      : undefined;
  const { served } = start();
  await until(() => served.length > 0);
  assert.equal(lines.filter((line) => line.includes("forbidden")).length, 3);
  const secret = textIn("tls.key").split("\n")[1] ?? "";
  assert.ok(secret.length > 20 && !lines.join("\n").includes(secret));
});
