// Helm, for the chart: a pinned version, built once from its Go module and kept in the user's cache.
import { execFileSync } from "node:child_process";
import { buildGoProgram, findGoProgram } from "./go-program.ts";

const helm = { source: "helm.sh/helm/v4/cmd/helm", version: "4.3.1" };

/** The path of the pinned Helm, or undefined if it has not been built. */
export const findHelm = (): string | undefined => findGoProgram(helm);

/** Builds Helm if it is missing. The first time this takes minutes and needs go and the network. */
export const buildHelm = (log: (line: string) => void): Promise<string> =>
  buildGoProgram(helm, log);

/** The chart's manifests with these settings, e.g. `["--set", "replicas=3"]`. */
export function renderChart(helm: string, settings: readonly string[] = []): string {
  const words = ["template", "llm-egress", "deploy/chart", "--namespace", namespace, ...settings];
  return execFileSync(helm, words, { encoding: "utf8" });
}

const namespace = "llm-egress-system";

/** The text of deploy/install.yaml, with these settings. */
export function renderManifests(helm: string, settings: readonly string[] = []): string {
  // Only Helm knows the annotation that keeps the CRDs.
  const rendered = renderChart(helm, ["--set", "crds.keep=false", ...settings]);
  return preamble + rendered.replace(/^# Source: .*\n/gm, "");
}

const preamble = `# Generated from deploy/chart by \`npm run generate\`: change the chart instead.
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
`;
