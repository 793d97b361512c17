// Uploads to the test mesh's image registry, by its HTTP API: blobs first, then the manifest that names them.
import { registryAddress } from "./names.ts";

/** Uploads a blob whose digest is `digest`. */
export async function pushBlob(repository: string, digest: string, bytes: Buffer): Promise<void> {
  const begun = await send("POST", `/v2/${repository}/blobs/uploads/`);
  const place = new URL(begun.headers.get("location") ?? "", begun.url);
  place.searchParams.set("digest", digest);
  const mediaType = "application/octet-stream";
  await send("PUT", place.pathname + place.search, { mediaType, bytes });
}

/** Puts a manifest, all of whose blobs are there, at `path`: REPOSITORY/manifests/ and a tag or its digest. */
export async function pushManifest(
  path: string,
  manifest: { mediaType: string; bytes: Buffer },
): Promise<void> {
  await send("PUT", `/v2/${path}`, manifest);
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
