// If something is wrong between client and provider, requests are refused. None is forwarded
// without the filter, and no key is sent to an untrusted server.
import assert from "node:assert/strict";
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import { text } from "node:stream/consumers";
import { after, before, it } from "node:test";
import { startMock } from "../../src/mock/server.ts";
import { selfSigned } from "../support/certificate.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { hijackedHost, providerAddress, selfSignedAddress, selfSignedHost } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

const mesh = connectMesh();
const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
const host = "dashscope.aliyuncs.com";

before(() => mesh.apply(gatewayRule));
after(() => mesh.clear());

it("refuses all requests until the module can be pulled, and then serves them", async () => {
  const rendered = await mesh.render(dashscopeProvider, dashscopeRoute);
  await mesh.apply(rendered.replaceAll(/\b[0-9a-f]{64}\b/g, "a".repeat(64)));
  const before = await receivedByProvider();
  const answer = await mesh.as("app").chat(url);
  assert.equal(answer.status, 403);
  assert.equal(await receivedByProvider(), before);
  // By these, docs/operations.md tells this refusal from that of a policy.
  for (const text of ["applying deny RBAC filter", "rbac_access_denied_matched_policy[none]"]) {
    await pollUntil(text, () => Promise.resolve(mesh.gatewayLogs().includes(text)));
  }
  await mesh.apply(rendered);
  assert.equal((await mesh.as("app").chat(url)).status, 200);
});

it("sends nothing to a provider whose certificate is for another host", async () => {
  const before = await receivedByProvider();
  await assertDistrusted(hijackedHost, "verify_cert_failed:_SAN_matcher");
  assert.equal(await receivedByProvider(), before);
});

it("sends nothing to a provider whose certificate is not signed by a CA of the system", async () => {
  const tls = selfSigned(selfSignedHost);
  const impostor = await startMock({ host: selfSignedAddress, port: 443, tls });
  try {
    await assertDistrusted(selfSignedHost, "verify_cert_failed:_X509_verify_cert");
    assert.equal(impostor.requests.length, 0);
  } finally {
    await impostor.close();
  }
});

async function assertDistrusted(name: string, reason: string): Promise<void> {
  const resources = [dashscopeProvider, dashscopeRoute];
  await mesh.apply(await mesh.render(...resources.map((each) => each.replaceAll(host, name))));
  const answer = await mesh.as("app").chat(url.replace(host, name));
  assert.equal(answer.status, 503);
  const line = `CERTIFICATE_VERIFY_FAILED:${reason}`;
  await pollUntil(line, () => Promise.resolve(mesh.gatewayLogs().includes(line)));
}

/** The number of requests that have arrived at the provider's address, on both of its ports. */
async function receivedByProvider(): Promise<number> {
  const options = { host: providerAddress, path: "/__mock/stats", rejectUnauthorized: false };
  const [plain, tls] = await Promise.all([
    readJson(http.get(options)),
    readJson(https.get(options)),
  ]);
  return plain.received + tls.received;
}

async function readJson(request: http.ClientRequest): Promise<{ received: number }> {
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  return JSON.parse(await text(response)) as { received: number };
}
