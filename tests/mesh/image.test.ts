// The image that `llm-egress image` writes: Istio's agent takes it from a registry, by its digest.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { promisify } from "node:util";
import { echoedBody, echoedHeader, echoOf } from "../support/requests.ts";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";
import { gatewayKeys, registryAddress } from "./rig/names.ts";
import { pushBlob, pushManifest } from "./rig/registry-client.ts";

interface Descriptor {
  mediaType: string;
  digest: string;
}

interface Manifest extends Descriptor {
  config: Descriptor;
  layers: Descriptor[];
}

const mesh = connectMesh();
const registry = `http://${registryAddress}`;
// Not the repository that the other tests' module is in.
const repository = "image-test/llm-egress";
const layout = join(mesh.folder, "image");
let digest = "";

before(async () => {
  const words = ["build/llm-egress.mjs", "image", "--tag", "test", layout];
  digest = (await promisify(execFile)(process.execPath, words)).stdout.trim();
  await pushLayout();
  const resources = await mesh.render(dashscopeProvider, dashscopeRoute);
  await mesh.apply(gatewayRule, withImage(resources));
});
after(() => mesh.clear());

it("is in the registry under the digest that was printed", async () => {
  const response = await fetch(`${registry}/v2/${repository}/manifests/test`, {
    headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
  });
  assert.equal(response.headers.get("docker-content-digest"), digest);
});

it("is what the gateway's WasmPlugin names", async () => {
  const fields = "jsonpath={.items[*].spec.url} {.items[*].spec.sha256}";
  const words = ["get", "wasmplugins", "--all-namespaces", "-o", fields];
  const url = `oci://${registryAddress}/${repository}@${digest}`;
  assert.equal(await mesh.kubectl(...words), `${url} ${digest.replace("sha256:", "")}`);
});

it("gives the gateway a filter that works", async () => {
  const url = "http://dashscope.aliyuncs.com/v1/chat/completions";
  const answer = await mesh.as("app").chat(url, {}, { "x-mock-echo": "1" });
  assert.equal(answer.status, 200);
  assert.deepEqual(echoedHeader(echoOf(answer), "authorization"), [
    `Bearer ${gatewayKeys.API_KEY}`,
  ]);
  const { model } = JSON.parse(echoedBody(answer)) as { model: string };
  assert.equal(model, "qwen-1.8b-chat");
});

/** The resources with this image in place of the one that all other tests use. */
function withImage(resources: string): string {
  const usual = readFileSync(join(mesh.folder, "wasm-url"), "utf8");
  const [, hash = ""] = usual.split("@sha256:");
  assert.ok(resources.includes(usual));
  return resources
    .replaceAll(usual, `oci://${registryAddress}/${repository}@${digest}`)
    .replaceAll(hash, digest.replace("sha256:", ""));
}

/** What skopeo, oras and crane do, which may not be there: blobs as they are, then the manifest under the tag. */
async function pushLayout(): Promise<void> {
  const bytes = readBlob(digest);
  const { mediaType, config, layers } = JSON.parse(bytes.toString()) as Manifest;
  for (const blob of [config, ...layers]) {
    await pushBlob(repository, blob.digest, readBlob(blob.digest));
  }
  await pushManifest(`${repository}/manifests/test`, { mediaType, bytes });
}

function readBlob(named: string): Buffer {
  return readFileSync(join(layout, "blobs", named.replace(":", "/")));
}
