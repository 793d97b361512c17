import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { type Identity, MeshIdentity } from "../../src/keys/mesh-identity.ts";
import { MeshCa } from "../support/mesh-ca.ts";
import { until } from "../support/until.ts";

const hourMs = 3_600_000;
const spiffeId = "spiffe://cluster.local/ns/llm-egress-system/sa/llm-egress";

let ca: MeshCa;
let istiod: Http2SecureServer;
let url: string;
let folder: string;
/** What istiod does with a call. */
let respond: (stream: ServerHttp2Stream, request: string) => void;
let tokens: string[];
let identities: Identity[];
let troubles: string[];
/** How far the clock is ahead. */
let ahead: number;
let stop: AbortController;
let running: Promise<void>;

before(() => {
  ca = new MeshCa();
});
after(() => ca.close());

beforeEach(async () => {
  [tokens, identities, troubles, ahead] = [[], [], [], 0];
  respond = (stream, request) => grant(stream, [ca.sign(request, `URI:${spiffeId}`), ca.root]);
  folder = mkdtempSync(join(tmpdir(), "mesh-identity-"));
  writeFileSync(join(folder, "root"), ca.root);
  writeFileSync(join(folder, "token"), "the-token\n");
  istiod = createSecureServer(ca.issue("DNS:localhost"));
  istiod.on("stream", (stream, headers) => void answer(stream, headers["authorization"] ?? ""));
  istiod.listen(0);
  await once(istiod, "listening");
  url = `https://localhost:${(istiod.address() as AddressInfo).port}`;
});
afterEach(async () => {
  stop.abort();
  await running;
  istiod.close();
  rmSync(folder, { recursive: true });
});

function start(): void {
  stop = new AbortController();
  const identity = new MeshIdentity({
    ...{ istiod: url, spiffeId, now: () => Date.now() + ahead },
    ...{ rootFile: join(folder, "root"), tokenFile: join(folder, "token") },
    onChange: (each) => void identities.push(each),
    onTrouble: ({ message }) => void troubles.push(message),
    ...{ firstDelayMs: 10, lastDelayMs: 40, rootPollMs: 20 },
  });
  running = identity.run(stop.signal);
}

async function answer(stream: ServerHttp2Stream, authorization: string): Promise<void> {
  tokens.push(authorization);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  const message = Buffer.concat(chunks).subarray(5);
  const [request] = /-----BEGIN CERT[^]*REQUEST-----\n/.exec(message.toString()) ?? [""];
  respond(stream, request);
}

/** IstioCertificateResponse. */
function grant(stream: ServerHttp2Stream, chain: string[]): void {
  const fields = chain.map((text) => {
    const bytes = Buffer.from(text);
    const size = Buffer.from([(bytes.length & 0x7f) | 0x80, bytes.length >> 7]);
    return Buffer.concat([Buffer.from([0x0a]), size, bytes]);
  });
  const message = Buffer.concat(fields);
  const header = Buffer.alloc(5);
  header.writeUInt32BE(message.length, 1);
  finish(stream, "0", Buffer.concat([header, message]));
}

function finish(stream: ServerHttp2Stream, status: string, body = Buffer.alloc(0)): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
  stream.end(body);
}

test("gets a certificate for its identity, by its ServiceAccount's token", async () => {
  start();
  await until(() => identities.length === 1);
  const [{ cert, key, ca: root } = { cert: "", key: "", ca: "" }] = identities;
  assert.deepEqual(tokens, ["Bearer the-token"]);
  assert.equal(new X509Certificate(cert).subjectAltName, `URI:${spiffeId}`);
  assert.match(key, /PRIVATE KEY/);
  assert.equal(root, ca.root);
});

test("tries again while istiod refuses, or can't be reached", async () => {
  let calls = 0;
  const granted = respond;
  respond = (stream, request) => {
    calls += 1;
    if (calls < 3) finish(stream, "16");
    else granted(stream, request);
  };
  start();
  await until(() => identities.length === 1);
  assert.deepEqual(troubles, Array(2).fill("istiod refuses: gRPC status 16"));
});

test("takes no certificate of another identity, and trusts no other istiod", async () => {
  respond = (stream, request) =>
    grant(stream, [ca.sign(request, "URI:spiffe://cluster.local/ns/a/sa/b"), ca.root]);
  start();
  await until(() => troubles.length > 0);
  assert.match(troubles[0] ?? "", /has issued a certificate for URI:.*\/ns\/a\/sa\/b/);
  const other = new MeshCa();
  writeFileSync(join(folder, "root"), other.root);
  other.close();
  await until(() => troubles.some((each) => /self.signed|verify/.test(each)));
  assert.equal(identities.length, 0);
});

test("renews the certificate after half of its life", async () => {
  start();
  await until(() => identities.length === 1);
  ahead = 10 * hourMs;
  await sleep(60);
  assert.equal(identities.length, 1);
  ahead = 15 * hourMs;
  await until(() => identities.length === 2);
  assert.notEqual(identities[1]?.cert, identities[0]?.cert);
});

test("notes other roots", async () => {
  start();
  await until(() => identities.length === 1);
  const both = ca.root + ca.root;
  writeFileSync(join(folder, "root"), both);
  await until(() => identities.length === 2);
  assert.equal(identities[1]?.ca, both);
  assert.equal(identities[1]?.cert, identities[0]?.cert);
  assert.equal(tokens.length, 1);
});
