// The image that `llm-egress image` writes. The rig has pushed it as users do, and Istio's agent
// pulls it from a registry by its digest.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { connectMesh } from "./mesh.ts";
import { dashscopeProvider, dashscopeRoute, gatewayRule } from "./resources.ts";

const mesh = connectMesh();
const url = readFileSync(join(mesh.folder, "wasm-url"), "utf8");
const [, repository = "", digest = ""] = /^oci:\/\/([^@]+)@(.+)$/.exec(url) ?? [];

before(async () => {
  await mesh.apply(gatewayRule, await mesh.render(dashscopeProvider, dashscopeRoute));
});
after(() => mesh.clear());

it("is the one that the layout's index names", () => {
  const index = readFileSync(join(mesh.folder, "image/index.json"), "utf8");
  const { manifests } = JSON.parse(index) as { manifests: { digest: string }[] };
  assert.deepEqual(
    manifests.map((manifest) => manifest.digest),
    [digest],
  );
});

it("has one layer in the registry, in the format of images", async () => {
  const [registry, ...path] = repository.split("/");
  const address = `http://${registry}/v2/${path.join("/")}/manifests/${digest}`;
  const headers = { accept: "application/vnd.oci.image.manifest.v1+json" };
  const response = await fetch(address, { headers });
  assert.equal(response.headers.get("docker-content-digest"), digest);
  const { layers } = (await response.json()) as { layers: { mediaType: string }[] };
  assert.deepEqual(
    layers.map(({ mediaType }) => mediaType),
    ["application/vnd.oci.image.layer.v1.tar+gzip"],
  );
});

it("is the one that the gateway's WasmPlugin names and the gateway runs", async () => {
  const fields = "jsonpath={.items[*].spec.url} {.items[*].spec.sha256}";
  const words = ["get", "wasmplugins", "--all-namespaces", "-o", fields];
  assert.equal(await mesh.kubectl(...words), `${url} ${digest.replace("sha256:", "")}`);
  const answer = await mesh.as("app").chat("http://dashscope.aliyuncs.com/v1/chat/completions");
  assert.match(answer.body.toString(), /"model":"qwen-1.8b-chat"/);
});
