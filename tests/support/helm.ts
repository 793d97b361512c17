// Helm, for the chart: a pinned version, built once from its Go module and kept in the user's cache.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { cacheFolder } from "../../src/cli/locations.ts";
import { MissingRequirement } from "./missing-requirement.ts";

const version = "4.3.1";
const program = join(cacheFolder(), `helm-${version}`);

/** The path of the pinned Helm, or undefined if it has not been built. */
export function findHelm(): string | undefined {
  return existsSync(program) ? program : undefined;
}

/** Builds Helm if it is missing. The first time this takes minutes and needs go and the network. */
export async function buildHelm(log: (line: string) => void): Promise<void> {
  if (findHelm() !== undefined) return;
  log(`building Helm ${version}, once`);
  mkdirSync(cacheFolder(), { recursive: true });
  const work = mkdtempSync(join(cacheFolder(), "helm-"));
  const env = { ...process.env, GOBIN: work, GOFLAGS: "-buildvcs=false" };
  const words = ["install", "-trimpath", "-ldflags", "-s -w"];
  const options = { cwd: work, env, maxBuffer: 64 * 1024 * 1024 };
  try {
    const source = `helm.sh/helm/v4/cmd/helm@v${version}`;
    await promisify(execFile)("go", [...words, source], options);
    renameSync(join(work, "helm"), program);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new MissingRequirement("Helm is built from its Go module. Install go (https://go.dev).");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The chart's manifests with these settings, e.g. `["--set", "replicas=3"]`. */
export function renderChart(helm: string, settings: readonly string[] = []): string {
  const words = ["template", "llm-egress", "deploy/chart", "--namespace", namespace, ...settings];
  return execFileSync(helm, words, { encoding: "utf8" });
}

const namespace = "llm-egress-system";

/** The text of deploy/install.yaml. */
export function renderManifests(helm: string): string {
  // Only Helm knows the annotation that keeps the CRDs.
  const rendered = renderChart(helm, ["--set", "crds.keep=false"]);
  return preamble + rendered.replace(/^# Source: .*\n/gm, "");
}

const preamble = `# Generated from deploy/chart by \`npm run generate\`: change the chart instead.
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
`;
