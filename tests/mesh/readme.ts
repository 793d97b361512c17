// Runs the commands in the READMEs of the examples on the mesh, verbatim, and compares the output
// with the README.
import { join } from "node:path";
import { findHelm } from "../support/helm.ts";
import { assertShown, readSteps } from "../support/readme.ts";
import { runInShell, type Shell } from "../support/shell.ts";
import { copyChart } from "./chart.ts";
import type { Mesh } from "./mesh.ts";
import { binariesFolder } from "./rig/binaries.ts";
import { hostsFile } from "./rig/hosts.ts";
import { inPod } from "./rig/in-pod.ts";
import { gateway, workloads, type WorkloadName } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

// The programs are not installed, and there is no kubelet. `kubectl exec deployment/NAME -- COMMAND`
// becomes COMMAND with the /etc/hosts of NAME, which resolves to its sidecar, or for the gateway a
// program of Istio's image. The gateway's log is the component's log file. All other commands are
// run by kubectl itself.
function functionsFor(folder: string, chart: string): string {
  const execs = Object.keys(workloads).map((name) => {
    const words = inPod({ hosts: hostsFile(folder, name as WorkloadName) }, []);
    return `deployment/${name}) shift 3; ${words.map((word) => `'${word}'`).join(" ")} "$@";;`;
  });
  const programs = binariesFolder();
  return `
    helm() { '${findHelm() ?? "helm"}' "\${@/#deploy\\/chart/${chart}}"; }
    kubectl() {
      case "$1 $2" in
        "logs deployment/istio-egressgateway") cat '${join(folder, gateway.name)}.log'; return;;
        "exec deployment/istio-egressgateway") shift 5; '${programs}/'"$@" 2>/dev/null; return;;
      esac
      if [ "$1" != exec ]; then '${join(programs, "kubectl")}' "$@"; return; fi
      case "$2" in ${execs.join("\n")} esac
    }
  `;
}

export interface ReadmeOptions {
  env?: Record<string, string>;
  /** Is called after `helm install`, to do what a cluster would do. */
  onInstall?: () => Promise<void>;
}

/**
 * Runs the commands for a mesh in an example's README, as the controller works. Before the next
 * command is run, what the previous one has applied is in effect everywhere.
 */
export async function followReadme(
  mesh: Mesh,
  example: string,
  { env = {}, onInstall }: ReadmeOptions = {},
): Promise<void> {
  const shell: Shell = {
    functions: functionsFor(mesh.folder, copyChart(mesh, "readme-chart")),
    env: { KUBECONFIG: join(mesh.folder, "kubeconfig"), ...env },
  };
  for (const step of readSteps(example, "mesh")) {
    const run = async () => assertShown(step, await runInShell(shell, step.command));
    const { command } = step;
    if (/^kubectl (?:apply|create)/.test(command)) await mesh.follow(run);
    // The controller, the proxies, and the log of a proxy need a moment.
    else if (/^kubectl (?:exec|get|logs)/.test(command)) await untilPasses(run);
    else await run();
    if (command.startsWith("helm install")) await onInstall?.();
  }
}

async function untilPasses(run: () => Promise<void>): Promise<void> {
  let failure: Error | undefined;
  const isPassed = () =>
    run().then(
      () => true,
      (error: Error) => {
        failure = error;
        return false;
      },
    );
  await pollUntil("the output", isPassed, () => Promise.resolve(failure?.message ?? ""));
}
