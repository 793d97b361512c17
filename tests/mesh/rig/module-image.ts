// Pushes the image that `llm-egress image` writes to the registry, as users do.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Descriptor } from "../../../src/oci/image.ts";
import { registryAddress } from "./names.ts";

const repository = "llm-egress";

/**
 * Writes the image of build/llm-egress.wasm into a new folder, pushes it, and returns its `oci://`
 * URL with a digest. The registry must be ready.
 */
export async function pushModule(layout: string): Promise<string> {
  const words = ["build/llm-egress.mjs", "image", layout];
  const digest = (await promisify(execFile)(process.execPath, words)).stdout.trim();
  await pushLayout(layout, digest);
  return `oci://${registryAddress}/${repository}@${digest}`;
}

/**
 * Does what skopeo, oras and crane do, which may not be installed: pushes the blobs unchanged, and
 * then the manifest.
 */
async function pushLayout(layout: string, digest: string): Promise<void> {
  const read = (named: string) => readFileSync(join(layout, "blobs", named.replace(":", "/")));
  const bytes = read(digest);
  const manifest = JSON.parse(bytes.toString()) as Manifest;
  for (const blob of [manifest.config, ...manifest.layers]) {
    await pushBlob(blob.digest, read(blob.digest));
  }
  await send("PUT", `/v2/${repository}/manifests/${digest}`, {
    mediaType: manifest.mediaType,
    bytes,
  });
}

interface Manifest {
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
}

async function pushBlob(digest: string, bytes: Buffer): Promise<void> {
  const begun = await send("POST", `/v2/${repository}/blobs/uploads/`);
  const place = new URL(begun.headers.get("location") ?? "", begun.url);
  place.searchParams.set("digest", digest);
  const mediaType = "application/octet-stream";
  await send("PUT", place.pathname + place.search, { mediaType, bytes });
}

async function send(
  method: string,
  path: string,
  content?: { mediaType: string; bytes: Buffer },
): Promise<Response> {
  const response = await fetch(`http://${registryAddress}${path}`, {
    method,
    ...(content === undefined
      ? {}
      : { headers: { "content-type": content.mediaType }, body: new Uint8Array(content.bytes) }),
  });
  if (response.ok) return response;
  throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
}
