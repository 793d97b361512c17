// With the EnvoyFilter of `render --local-replies`, what the gateway's Envoy answers by itself has the
// form of OpenAI's errors, and what the filter and the provider answer stays as it is.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { hijackedHost } from "./rig/names.ts";

const mesh = connectMesh();
const host = "dashscope.aliyuncs.com";
const url = `http://${host}/v1/chat/completions`;

async function serve(name: string): Promise<void> {
  const resources = [dashscopeProvider, dashscopeRoute].map((each) => each.replaceAll(host, name));
  await mesh.apply(await mesh.renderWith(["--local-replies"], ...resources));
}

function codeIn(body: Buffer): string {
  return (JSON.parse(body.toString()) as { error: { code: string } }).error.code;
}

before(async () => {
  await mesh.apply(gatewayRule);
  await serve(host);
});
after(() => mesh.clear());

it("leaves what the provider and the filter answer", async () => {
  assert.equal((await mesh.as("app").chat(url)).status, 200);
  const refused = await mesh.as("app").chat(url, {}, { "content-encoding": "gzip" });
  assert.equal(refused.status, 415);
  assert.equal(codeIn(refused.body), "unsupported_content_encoding");
});

it("is JSON if the provider can't be reached", async () => {
  await serve(hijackedHost);
  const answer = await mesh.as("app").chat(url.replace(host, hijackedHost));
  assert.equal(answer.status, 503);
  assert.equal(codeIn(answer.body), "provider_unavailable");
});
