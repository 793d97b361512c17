// Builds the programs of the control plane from Go modules, once, and keeps them in the user's
// cache.
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../../src/cli/locations.ts";
import { MissingRequirement } from "../../support/missing-requirement.ts";

const programs = {
  "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery",
  "pilot-agent": "istio.io/istio/pilot/cmd/pilot-agent",
  istioctl: "istio.io/istio/istioctl/cmd/istioctl",
  etcd: "go.etcd.io/etcd/server/v3",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
};
// Files from Istio's source that are used unchanged.
const istioFiles = {
  "crds.yaml": "manifests/charts/base/files/crd-all.gen.yaml",
  "envoy-bootstrap.json": "tools/packaging/common/envoy_bootstrap.json",
};
const istioVersion = "1.31.0";
const toolsFolder = resolve("tests/mesh/tools");

/** The folder with the programs of the control plane and Istio's files. */
export function binariesFolder(): string {
  return join(cacheFolder(), "mesh-bin");
}

/**
 * Builds what is missing in the folder. This takes minutes and needs the network, but only the
 * first time and when go.mod, go.sum or the version of Go change.
 */
export async function buildBinaries(log: (line: string) => void): Promise<void> {
  const folder = binariesFolder();
  mkdirSync(folder, { recursive: true });
  const stampFile = join(folder, "stamp");
  const stamp = currentStamp();
  const isBuilt = existsSync(stampFile) && readFileSync(stampFile, "utf8").trim() === stamp;
  if (!isBuilt) await buildAll(folder, log);
  if (!isBuilt || !Object.keys(istioFiles).every((name) => existsSync(join(folder, name)))) {
    copyIstioFiles(folder);
  }
  if (!isBuilt) writeFileSync(stampFile, `${stamp}\n`);
}

function currentStamp(): string {
  const hash = createHash("sha256");
  for (const name of ["go.mod", "go.sum"]) hash.update(readFileSync(join(toolsFolder, name)));
  return `${hash.digest("hex").slice(0, 16)}-${go(["env", "GOVERSION"])}`;
}

async function buildAll(folder: string, log: (line: string) => void): Promise<void> {
  const names = Object.entries(programs);
  log("Building the mesh's control plane, once: 5 to 8 minutes on two cores.");
  for (const [index, [name, source]] of names.entries()) {
    log(`building ${name} (${index + 1} of ${names.length})`);
    await buildOne(source, join(folder, name));
  }
}

// istiod and its agent compare their versions, so both must have the same.
async function buildOne(source: string, file: string): Promise<void> {
  const variables = { buildVersion: istioVersion, buildTag: istioVersion, buildStatus: "Clean" };
  const settings = Object.entries(variables).map(
    ([name, value]) => `-X istio.io/istio/pkg/version.${name}=${value}`,
  );
  const flags = ["-s", "-w", ...settings].join(" ");
  const words = ["build", "-mod=mod", "-trimpath", "-ldflags", flags, "-o", file, source];
  const env = { ...process.env, GOFLAGS: "-buildvcs=false" };
  await promisify(execFile)("go", words, { cwd: toolsFolder, env, maxBuffer: 64 * 1024 * 1024 });
}

function copyIstioFiles(folder: string): void {
  go(["mod", "download", "istio.io/istio"]);
  const source = go(["list", "-mod=mod", "-m", "-f", "{{.Dir}}", "istio.io/istio"]);
  for (const [name, path] of Object.entries(istioFiles)) {
    copyFileSync(join(source, path), join(folder, name));
  }
}

function go(words: string[]): string {
  try {
    return execFileSync("go", words, { cwd: toolsFolder, encoding: "utf8" }).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MissingRequirement("The mesh is built from Go modules. Install go (https://go.dev).");
  }
}
