// The chart for the rig's API server, which is built without a version.
import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Mesh } from "./mesh.ts";

export const chart = "deploy/chart";

/** A copy of the chart that requires no version of Kubernetes. Gives its folder. */
export function copyChart(mesh: Mesh, name: string): string {
  const folder = join(mesh.folder, name);
  cpSync(chart, folder, { recursive: true });
  change(join(folder, "Chart.yaml"), /^kubeVersion: .*\n/m, "");
  return folder;
}

/** Changes a file, which must contain `from`. */
export function change(file: string, from: string | RegExp, to: string): void {
  const text = readFileSync(file, "utf8");
  const changed = text.replace(from, to);
  assert.notEqual(changed, text);
  writeFileSync(file, changed);
}
