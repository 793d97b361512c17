import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";

interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

interface Index {
  manifests: { digest: string; annotations: Record<string, string> }[];
}

let folder = "";
let layout = "";
let module = "";

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  layout = join(folder, "layout");
  module = join(folder, "filter.wasm");
  writeFileSync(module, Buffer.from("\0asm\x01\0\0\0and more", "latin1"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function image(...words: string[]): Promise<Ended> {
  const command = ["--import", "tsx", "src/cli/main.ts", "image", ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

function readIndex(): Index {
  return JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as Index;
}

function tags(): string[] {
  return readIndex().manifests.flatMap(({ annotations }) => Object.values(annotations));
}

test("a layout is written, and the digest of its image printed", async () => {
  const { code, stdout, stderr } = await image("--wasm", module, layout);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /^sha256:[0-9a-f]{64}\n$/);
  const digest = stdout.trim();
  assert.ok(stderr.includes(`--wasm-url oci://REPOSITORY@${digest}\n`), stderr);
  assert.deepEqual(readdirSync(layout).toSorted(), ["blobs", "index.json", "oci-layout"]);
  const marker = readFileSync(join(layout, "oci-layout"), "utf8");
  assert.deepEqual(JSON.parse(marker), { imageLayoutVersion: "1.0.0" });
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.deepEqual(tags(), [version]);
  const [manifest] = readIndex().manifests;
  assert.equal(manifest?.digest, digest);
  const blobs = readdirSync(join(layout, "blobs/sha256"));
  assert.equal(blobs.length, 3);
  assert.ok(blobs.includes(digest.replace("sha256:", "")));
});

test("a second image joins the layout, and takes the place of one with its tag", async () => {
  const first = await image("--wasm", module, "--tag", "one", layout);
  await image("--wasm", module, "--tag", "two", layout);
  assert.deepEqual(tags(), ["one", "two"]);
  writeFileSync(module, Buffer.from("\0asm\x01\0\0\0and other", "latin1"));
  const second = await image("--wasm", module, "--tag", "one", layout);
  assert.deepEqual(tags(), ["two", "one"]);
  const digests = readIndex().manifests.map(({ digest }) => `${digest}\n`);
  assert.deepEqual(digests, [first.stdout, second.stdout]);
});

test("a directory with other files is left alone", async () => {
  mkdirSync(layout);
  writeFileSync(join(layout, "notes"), "");
  const { code, stdout, stderr } = await image("--wasm", module, layout);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.equal(stderr, `llm-egress: ${layout} is neither empty nor an OCI image layout\n`);
  assert.deepEqual(readdirSync(layout), ["notes"]);
});

test("a layout whose index can't be read is left alone", async () => {
  mkdirSync(layout);
  writeFileSync(join(layout, "oci-layout"), "{}");
  for (const text of ["{", "null", "[]", '{"manifests":1}']) {
    writeFileSync(join(layout, "index.json"), text);
    const { code, stderr } = await image("--wasm", module, layout);
    assert.equal(code, 1);
    assert.equal(stderr, `llm-egress: ${join(layout, "index.json")} is not an OCI image index\n`);
    assert.equal(readFileSync(join(layout, "index.json"), "utf8"), text);
  }
});

test("what is no module, or a file where the directory should be, ends with 1", async () => {
  const text = await image("--wasm", "package.json", layout);
  assert.equal(text.code, 1);
  assert.match(text.stderr, /package\.json is not a Wasm module\n$/);
  const file = await image("--wasm", module, module);
  assert.equal(file.code, 1);
  assert.match(file.stderr, /^llm-egress: EEXIST/);
});

test("misuse ends with 2", async () => {
  const misuses: [string[], RegExp][] = [
    [[], /missing required argument 'directory'/],
    [["--wasm", join(folder, "none.wasm"), layout], /no such file.*specify .* with --wasm/],
    [["--wasm", module, "--tag", "a/b", layout], /at most 128 letters/],
    [["--wasm", module, "--tag=-a", layout], /at most 128 letters/],
  ];
  for (const [words, message] of misuses) {
    const { code, stderr } = await image(...words);
    assert.equal(code, 2, stderr);
    assert.match(stderr, message);
  }
});
