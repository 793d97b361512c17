// The filter's module as an OCI image, in the "compat" variant, which Istio's agent accepts and
// every registry can store: one tar+gzip layer with plugin.wasm.
// https://github.com/solo-io/wasm/blob/master/spec/spec-compat.md
//
// The same module and the same version of this program always give the same bytes, and so the same
// digest.
import { createHash } from "node:crypto";
import { gzipStored } from "./gzip.ts";
import { tarOf } from "./tar.ts";

/** What the image says about itself. */
export interface About {
  name: string;
  description: string;
  version: string;
  license: string;
}

/** A reference to a blob: an OCI content descriptor. */
export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
  annotations?: Record<string, string>;
}

export interface Image {
  /** The image's entry in an index. */
  manifest: Descriptor;
  /** The manifest and everything that it refers to, by digest. */
  blobs: ReadonlyMap<string, Uint8Array>;
}

const mediaTypes = {
  index: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.oci.image.manifest.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};

/** The annotation of an index entry that holds the image's tag. */
const refName = "org.opencontainers.image.ref.name";

/** The image of a module. */
export function toImage(module: Uint8Array, about: About): Image {
  const archive = tarOf("plugin.wasm", module);
  const blobs = new Map<string, Uint8Array>();
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes);
    blobs.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };
  // No `created`: a date would give each build a different digest.
  const config = {
    architecture: "wasm",
    os: "wasip1",
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(archive)] },
  };
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: add(mediaTypes.config, toJson(config)),
    layers: [add(mediaTypes.layer, gzipStored(archive))],
    annotations: annotationsOf(about),
  };
  return { manifest: add(mediaTypes.manifest, toJson(manifest)), blobs };
}

/** An index with the image under `tag`, and those of `others` that have another tag. */
export function toIndex(image: Image, tag: string, others: readonly Descriptor[] = []): object {
  const kept = others.filter(({ annotations }) => annotations?.[refName] !== tag);
  const own = { ...image.manifest, annotations: { [refName]: tag } };
  return { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...kept, own] };
}

/** A JSON value as the content of a blob. */
export function toJson(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}

function annotationsOf({ name, description, version, license }: About): Record<string, string> {
  return {
    "module.wasm.image/variant": "compat",
    "org.opencontainers.image.title": name,
    "org.opencontainers.image.description": description,
    "org.opencontainers.image.version": version,
    "org.opencontainers.image.licenses": license,
  };
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}
