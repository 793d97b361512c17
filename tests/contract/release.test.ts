// Runs the steps of the release with stand-ins for the programs that need a registry.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { after, describe, it } from "node:test";
import { parse } from "yaml";
import { buildGoProgram, findGoProgram } from "../support/go-program.ts";
import { findHelm } from "../support/helm.ts";
import { hasProgram } from "../support/programs.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const digest = `sha256:${"ab".repeat(32)}`;
const folder = mkdtempSync(join(tmpdir(), "llm-egress-release-test-"));
const programs = join(folder, "programs");
const dist = join(folder, "dist");
after(() => rmSync(folder, { recursive: true }));

// Each stand-in records its words. npm and helm do the rest of their work themselves.
mkdirSync(programs);
const record = `echo "\${0##*/} $*" >> '${folder}/calls'`;
const standIns = {
  docker: `echo '{"containerimage.digest":"${digest}"}' > '${dist}/image.json'`,
  skopeo: "",
  cosign: "",
  npm: `case $1 in publish|pkg) ;; *) PATH=\${PATH#*:} exec npm "$@" ;; esac`,
};
for (const [name, text] of Object.entries(standIns)) standIn(join(programs, name), text);
// A cache with Helm only.
const helm = findHelm();
mkdirSync(join(folder, "llm-egress"));
if (helm !== undefined) {
  standIn(join(folder, "llm-egress", basename(helm)), `[ $1 = push ] || exec '${helm}' "$@"`);
}

const skip = helm === undefined && "needs Helm, which npm run test:mesh builds";

function standIn(file: string, text: string): void {
  writeFileSync(file, `#!/bin/sh\n${record}\n${text}\n`, { mode: 0o755 });
}

function step(...words: string[]): { status: number | null; stderr: string } {
  const env = {
    ...process.env,
    PATH: `${programs}${delimiter}${process.env["PATH"]}`,
    XDG_CACHE_HOME: folder,
    REGISTRY: "registry.example/me",
    REPOSITORY_URL: "https://git.example/me/llm-egress",
  };
  const all = ["--import", "tsx", "scripts/release.ts", ...words];
  return spawnSync(process.execPath, all, { env, encoding: "utf8" });
}

const calls = (): string[] => readFileSync(join(folder, "calls"), "utf8").trim().split("\n");

describe("the release", () => {
  it("has one version in its tag, the program, the chart and the changelog", () => {
    assert.deepEqual(step("check", `v${version}`).stderr, "");
    const { status, stderr } = step("check", "v9.9.9");
    assert.equal(status, 1);
    assert.match(stderr, /^tag has the version 9\.9\.9, and package\.json /);
  });

  it("builds the image for both platforms, with its bill of materials", () => {
    assert.equal(step("image", dist).status, 0);
    const [call = ""] = calls();
    assert.match(call, /^docker buildx build --platform linux\/amd64,linux\/arm64 /);
    assert.match(call, / --sbom=true .* --tag registry\.example\/me\/llm-egress:\S+ --push \.$/);
  });
});

describe("what a release publishes", () => {
  it("writes a chart and manifests that name the image by its digest", { skip }, () => {
    const { status, stderr } = step("build", dist);
    assert.equal(status, 0, stderr);
    const image = `registry.example/me/llm-egress@${digest}`;
    assert.deepEqual(imagesOf(readFileSync(join(dist, "install.yaml"), "utf8")), [image]);
    const chart = join(dist, `llm-egress-${version}.tgz`);
    const rendered = spawnSync(helm!, ["template", "x", chart], { encoding: "utf8" });
    assert.deepEqual(imagesOf(rendered.stdout), [image]);
  });

  it("has checksums, a bill of materials, and notes of this version", { skip }, () => {
    const sums = readFileSync(join(dist, "SHA256SUMS"), "utf8").trim().split("\n");
    const names = sums.map((line) => line.split("  ")[1]!);
    for (const [at, name] of names.entries()) {
      const bytes = readFileSync(join(dist, name));
      const sum = createHash("sha256").update(bytes).digest("hex");
      assert.equal(sums[at], `${sum}  ${name}`);
    }
    const archives = [`llm-egress-${version}.tgz`, `npm-llm-egress-${version}.tgz`];
    const others = [
      ...["NOTES.md", "THIRD_PARTY_LICENSES.txt", "image.json", "install.yaml", "sbom.cdx.json"],
    ];
    assert.deepEqual(names, [...others, ...archives].sort());
    interface Bom {
      components: { name: string }[];
    }
    const { components } = JSON.parse(readFileSync(join(dist, "sbom.cdx.json"), "utf8")) as Bom;
    assert.ok(components.some(({ name }) => name === "commander"));
    const notes = readFileSync(join(dist, "NOTES.md"), "utf8");
    assert.match(notes, /^- /m);
    assert.doesNotMatch(notes, /^## /m);
  });
});

describe("to publish a release", () => {
  it("signs what is in the registry, and publishes with provenance", { skip }, () => {
    const before = calls().length;
    const { status, stderr } = step("publish", dist);
    assert.equal(status, 0, stderr);
    const index = JSON.parse(readFileSync(join(dist, "module/index.json"), "utf8")) as {
      manifests: [{ digest: string }];
    };
    const registry = "registry.example/me";
    assert.deepEqual(
      calls()
        .slice(before)
        .map((line) => line.replaceAll(`${dist}/`, "")),
      [
        `helm-4.3.1 push llm-egress-${version}.tgz oci://${registry}/charts`,
        `skopeo copy --preserve-digests oci:module:${version} docker://${registry}/llm-egress-module:${version}`,
        `cosign sign --yes ${registry}/llm-egress@${digest}`,
        `cosign sign --yes ${registry}/llm-egress-module@${index.manifests[0].digest}`,
        "cosign sign-blob --yes --bundle SHA256SUMS.sigstore.json SHA256SUMS",
        `npm publish --provenance --access public npm-llm-egress-${version}.tgz`,
      ],
    );
  });
});

describe("the workflow", () => {
  const text = readFileSync(".github/workflows/release.yml", "utf8");

  it("pins each action by its commit", () => {
    const used = [...text.matchAll(/uses: (\S+)(.*)/g)].map(([, action, rest]) => action! + rest!);
    assert.ok(used.length > 0);
    for (const action of used) assert.match(action, /@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it("runs steps that the script has", () => {
    const steps = [...text.matchAll(/scripts\/release\.ts (\w+)/g)].map(([, name]) => name);
    assert.deepEqual(steps, ["check", "image", "build", "publish"]);
    assert.equal(step("unknown", "x").status, 2);
    parse(text);
  });

  const actionlint = {
    source: "github.com/rhysd/actionlint/cmd/actionlint",
    version: "1.7.12",
  };
  const isMissing = findGoProgram(actionlint) === undefined && !hasProgram("go");
  it("passes actionlint", { skip: isMissing && "needs go, to build actionlint" }, async () => {
    const { status, stdout } = spawnSync(
      await buildGoProgram(actionlint),
      ["-no-color", ".github/workflows/release.yml"],
      { encoding: "utf8" },
    );
    assert.equal(status, 0, stdout);
  });
});

function imagesOf(manifests: string): string[] {
  return [...manifests.matchAll(/^ *image: "?([^"\n]+)/gm)].map(([, image]) => image!);
}
