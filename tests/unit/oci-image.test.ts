import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gunzipSync } from "node:zlib";
import { gzipStored } from "../../src/oci/gzip.ts";
import { type Descriptor, toImage, toIndex } from "../../src/oci/image.ts";
import { tarOf } from "../../src/oci/tar.ts";

interface Manifest {
  schemaVersion: number;
  mediaType: string;
  config: Descriptor;
  layers: Descriptor[];
  annotations: Record<string, string>;
}

interface Index {
  schemaVersion: number;
  mediaType: string;
  manifests: Descriptor[];
}

const module = Buffer.concat([Buffer.from("\0asm\x01\0\0\0", "latin1"), Buffer.alloc(5000, 7)]);
const about = { name: "filter", description: "filters", version: "1.2.3", license: "MIT" };
const image = toImage(module, about);
const manifest = read<Manifest>(image.manifest);
const [layer] = manifest.layers;

function blob({ digest, size }: Descriptor, { blobs } = image): Buffer {
  const bytes = Buffer.from(blobs.get(digest) ?? assert.fail(`no blob ${digest}`));
  assert.equal(bytes.length, size);
  assert.equal(digest, digestOf(bytes));
  return bytes;
}

function read<Content>(descriptor: Descriptor): Content {
  return JSON.parse(blob(descriptor).toString()) as Content;
}

function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

test("every descriptor has the digest and the size of its content, and no blob is left over", () => {
  const descriptors = [image.manifest, manifest.config, ...manifest.layers];
  for (const descriptor of descriptors) blob(descriptor);
  const digests = descriptors.map(({ digest }) => digest);
  assert.deepEqual([...image.blobs.keys()].toSorted(), digests.toSorted());
});

test("the manifest is that of the compat variant: one tar+gzip layer", () => {
  assert.equal(manifest.schemaVersion, 2);
  assert.equal(manifest.mediaType, "application/vnd.oci.image.manifest.v1+json");
  assert.equal(image.manifest.mediaType, manifest.mediaType);
  assert.equal(manifest.config.mediaType, "application/vnd.oci.image.config.v1+json");
  assert.deepEqual(
    manifest.layers.map(({ mediaType }) => mediaType),
    ["application/vnd.oci.image.layer.v1.tar+gzip"],
  );
  assert.deepEqual(manifest.annotations, {
    "module.wasm.image/variant": "compat",
    "org.opencontainers.image.title": "filter",
    "org.opencontainers.image.description": "filters",
    "org.opencontainers.image.version": "1.2.3",
    "org.opencontainers.image.licenses": "MIT",
  });
});

test("the layer holds exactly plugin.wasm, with the module's bytes", () => {
  const tar = gunzipSync(blob(layer!));
  assert.deepEqual(tar, tarOf("plugin.wasm", module));
  assert.equal(tar.toString("latin1", 0, 12), "plugin.wasm\0");
  assert.equal(parseInt(tar.toString("latin1", 124, 135), 8), module.length);
  assert.deepEqual(tar.subarray(512, 512 + module.length), module);
  const rest = tar.subarray(512 + module.length);
  assert.ok(rest.every((byte) => byte === 0));
  assert.equal(tar.length, 512 + 5120 + 1024);
});

test("the tar header sums up, and names no machine, user or time", () => {
  const header = tarOf("plugin.wasm", module).subarray(0, 512);
  const sum = parseInt(header.toString("latin1", 148, 154), 8);
  header.fill(" ", 148, 156);
  assert.equal(
    header.reduce((total, byte) => total + byte, 0),
    sum,
  );
  const fields = header.toString("latin1", 100, 148);
  assert.equal(fields, "0000644\0" + "0000000\0".repeat(2) + "00000011620\0" + "00000000000\0");
  assert.equal(header.toString("latin1", 156, 512).replaceAll("\0", ""), "0ustar00");
});

test("the config has the digest of the layer's tar", () => {
  const config = read<object>(manifest.config);
  assert.deepEqual(config, {
    architecture: "wasm",
    os: "wasip1",
    config: {},
    rootfs: { type: "layers", diff_ids: [digestOf(gunzipSync(blob(layer!)))] },
  });
});

// A changed digest is no mistake in itself, but one for the CHANGELOG: what people have pinned changes
// without a change of the filter.
test("the same module has the same digest, on every machine", () => {
  assert.deepEqual(toImage(Buffer.from(module), { ...about }), image);
  const digest = "sha256:7c1cee89fba926829d5706b61d977957df7272eb3d461762b14292c8621f23bb";
  assert.equal(image.manifest.digest, digest);
});

test("another module, or another version, has another digest", () => {
  const others = [toImage(module.subarray(1), about), toImage(module, { ...about, version: "2" })];
  const digests = [image, ...others].map((one) => one.manifest.digest);
  assert.equal(new Set(digests).size, 3);
});

test("content of any size gunzips, also where it ends with a block", () => {
  for (const size of [0, 1, 65_534, 65_535, 65_536, 131_070, 200_000]) {
    const content = Buffer.from(Array.from({ length: size }, (_, at) => at % 251));
    assert.deepEqual(gunzipSync(gzipStored(content)), content);
  }
});

test("an index has the image under its tag, in place of the one that had it", () => {
  const other: Descriptor = { mediaType: "m", digest: "sha256:0", size: 1 };
  const tagged = (tag: string) => ({
    ...other,
    annotations: { "org.opencontainers.image.ref.name": tag },
  });
  const index = toIndex(image, "new", [other, tagged("new"), tagged("old")]) as Index;
  assert.equal(index.schemaVersion, 2);
  assert.equal(index.mediaType, "application/vnd.oci.image.index.v1+json");
  const own = { ...image.manifest, annotations: tagged("new").annotations };
  assert.deepEqual(index.manifests, [other, tagged("old"), own]);
});
