// The steps of a release, which .github/workflows/release.yml runs in this order:
//
//   node --import tsx scripts/release.ts check TAG
//     fails unless the tag, the program, the chart and the changelog have the same version
//   … image FOLDER
//     builds the controller's image for both platforms and pushes it; FOLDER/image.json has its digest
//   … build FOLDER
//     writes what is published: the npm package, the chart and the manifests, which name the image
//     by its digest, the module as an OCI image layout, a software bill of materials, and checksums
//   … publish FOLDER
//     pushes chart, module and npm package, and signs what is in the registry
//
// REGISTRY is the registry and the path in it, e.g. ghcr.io/owner, and REPOSITORY_URL the source's.
// `image` and `publish` need the login of docker, helm, npm and cosign.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { buildHelm, renderManifests } from "../tests/support/helm.ts";

const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
const { REGISTRY: registry = "registry.example", REPOSITORY_URL: repositoryUrl } = process.env;
const image = `${registry}/llm-egress`;
const charts = `${registry}/charts`;
const module = `${registry}/llm-egress-module`;

const steps: Record<string, (argument: string) => Promise<void> | void> = {
  check: checkVersions,
  image: pushImage,
  build: buildAll,
  publish: publishAll,
};
const [name = "", argument] = process.argv.slice(2);
const step = steps[name];
if (step === undefined || argument === undefined) {
  console.error(`usage: release.ts ${Object.keys(steps).join("|")} TAG-OR-FOLDER`);
  process.exitCode = 2;
} else await step(argument);

function checkVersions(tag: string): void {
  const chart = parse(readFileSync("deploy/chart/Chart.yaml", "utf8")) as Record<string, string>;
  const changelog = readFileSync("CHANGELOG.md", "utf8");
  const versions = {
    tag: tag.replace(/^v/, ""),
    chart: chart["version"],
    changelog: /^## \[(\d.*?)\] - \d{4}-\d\d-\d\d$/m.exec(changelog)?.[1],
  };
  for (const [what, own] of Object.entries(versions)) {
    if (own === version) continue;
    console.error(`${what} has the version ${own}, and package.json ${version}`);
    process.exitCode = 1;
  }
}

function pushImage(folder: string): void {
  mkdirSync(folder, { recursive: true });
  run("docker", [
    ...["buildx", "build", "--platform", "linux/amd64,linux/arm64", "--file", "deploy/Dockerfile"],
    ...["--provenance", "mode=max", "--sbom=true", "--metadata-file", join(folder, "image.json")],
    ...["--tag", `${image}:${version}`, "--push", "."],
  ]);
}

async function buildAll(folder: string): Promise<void> {
  const helm = await buildHelm(console.error);
  const settings = { "image.repository": image, "image.digest": digestOfImage(folder) };
  const words = Object.entries(settings).flatMap(([key, value]) => ["--set", `${key}=${value}`]);
  writeFileSync(join(folder, "install.yaml"), renderManifests(helm, words));
  if (repositoryUrl !== undefined) {
    // npm's provenance requires it.
    run("npm", ["pkg", "set", "repository.type=git", `repository.url=git+${repositoryUrl}.git`]);
  }
  run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder]);
  // The chart's archive has the same name.
  renameSync(join(folder, `llm-egress-${version}.tgz`), npmArchive(folder));
  packChart(helm, settings, folder);
  run(process.execPath, ["build/llm-egress.mjs", "image", join(folder, "module")]);
  const sbom = execFileSync("npm", ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only"]);
  writeFileSync(join(folder, "sbom.cdx.json"), sbom);
  copyFileSync("build/THIRD_PARTY_LICENSES.txt", join(folder, "THIRD_PARTY_LICENSES.txt"));
  writeFileSync(join(folder, "NOTES.md"), notes());
  writeFileSync(join(folder, "SHA256SUMS"), sumsOf(folder));
}

function digestOfImage(folder: string): string {
  const metadata = readFileSync(join(folder, "image.json"), "utf8");
  const { "containerimage.digest": digest } = JSON.parse(metadata) as Record<string, string>;
  if (digest === undefined) throw new Error("image.json has no digest");
  return digest;
}

// From a copy with these values as its defaults.
function packChart(helm: string, settings: Record<string, string>, folder: string): void {
  const copy = mkdtempSync(join(tmpdir(), "llm-egress-release-"));
  const chart = join(copy, "llm-egress");
  cpSync("deploy/chart", chart, { recursive: true });
  const file = join(chart, "values.yaml");
  let values = readFileSync(file, "utf8");
  for (const [key, value] of Object.entries(settings)) {
    values = values.replace(new RegExp(`^  ${key.replace(/.*\./, "")}: .*`, "m"), (line) =>
      line.replace(/: .*/, `: ${JSON.stringify(value)}`),
    );
  }
  writeFileSync(file, values);
  run(helm, ["package", chart, "--destination", folder]);
  rmSync(copy, { recursive: true });
}

// The section of the newest version in the changelog.
function notes(): string {
  const [, , section = ""] = readFileSync("CHANGELOG.md", "utf8").split(/^## \[.*\n/m);
  return section.trim() + "\n";
}

function sumsOf(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).filter((each) => each !== "SHA256SUMS");
  const line = (each: string) => {
    const sum = createHash("sha256")
      .update(readFileSync(join(folder, each)))
      .digest("hex");
    return `${sum}  ${each}\n`;
  };
  return names.sort().map(line).join("");
}

async function publishAll(folder: string): Promise<void> {
  const helm = await buildHelm(console.error);
  run(helm, ["push", join(folder, `llm-egress-${version}.tgz`), `oci://${charts}`]);
  run("skopeo", [
    ...["copy", "--preserve-digests", `oci:${join(folder, "module")}:${version}`],
    `docker://${module}:${version}`,
  ]);
  run("cosign", ["sign", "--yes", `${image}@${digestOfImage(folder)}`]);
  run("cosign", ["sign", "--yes", `${module}@${digestOfModule(folder)}`]);
  const sums = join(folder, "SHA256SUMS");
  run("cosign", ["sign-blob", "--yes", "--bundle", `${sums}.sigstore.json`, sums]);
  run("npm", ["publish", "--provenance", "--access", "public", npmArchive(folder)]);
}

function npmArchive(folder: string): string {
  return join(folder, `npm-llm-egress-${version}.tgz`);
}

function digestOfModule(folder: string): string {
  const index = readFileSync(join(folder, "module", "index.json"), "utf8");
  return (JSON.parse(index) as { manifests: [{ digest: string }] }).manifests[0].digest;
}

function run(program: string, words: string[]): void {
  execFileSync(program, words, { stdio: ["ignore", "inherit", "inherit"] });
}
