// Pushes the built filter into the registry, as an artifact that Istio's agent takes: exactly two layers, of these media types.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { registryAddress } from "./names.ts";
import { pushBlob, pushManifest } from "./registry-client.ts";

const repository = "llm-egress";
const manifestType = "application/vnd.oci.image.manifest.v1+json";
const emptyConfig = Buffer.from("{}");

interface Blob {
  mediaType: string;
  bytes: Buffer;
}

/** Pushes build/llm-egress.wasm, as it is at this moment, and gives its `oci://` URL with a digest. The registry is ready. */
export async function pushModule(): Promise<string> {
  const config: Blob = {
    mediaType: "application/vnd.oci.image.config.v1+json",
    bytes: emptyConfig,
  };
  const layers: Blob[] = [
    { mediaType: "application/vnd.module.wasm.config.v1+json", bytes: emptyConfig },
    {
      mediaType: "application/vnd.module.wasm.content.layer.v1+wasm",
      bytes: readFileSync("build/llm-egress.wasm"),
    },
  ];
  for (const { bytes } of [config, ...layers]) await pushBlob(repository, digestOf(bytes), bytes);
  const manifest = { schemaVersion: 2, mediaType: manifestType, config: describe(config) };
  const bytes = Buffer.from(JSON.stringify({ ...manifest, layers: layers.map(describe) }));
  const digest = digestOf(bytes);
  await pushManifest(`${repository}/manifests/${digest}`, { mediaType: manifestType, bytes });
  return `oci://${registryAddress}/${repository}@${digest}`;
}

function describe({ mediaType, bytes }: Blob): object {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
