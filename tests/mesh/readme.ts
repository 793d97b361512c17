// Runs the commands in the READMEs of the examples on the mesh, verbatim, and compares the output
// with the README.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { assertShown, readSteps } from "../support/readme.ts";
import { runInShell, type Shell } from "../support/shell.ts";
import type { Mesh } from "./mesh.ts";
import { binariesFolder } from "./rig/binaries.ts";
import { hostsFile } from "./rig/hosts.ts";
import { inPod } from "./rig/in-pod.ts";
import { gateway, workloads, type WorkloadName } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

// The program is not installed, and there is no kubelet. `kubectl exec deployment/NAME -- COMMAND`
// becomes COMMAND with the /etc/hosts of NAME, which resolves to its sidecar, or for the gateway a
// program of Istio's image. The gateway's log is the component's log file. All other commands are
// run by kubectl itself.
function functionsFor(folder: string): string {
  const execs = Object.keys(workloads).map((name) => {
    const words = inPod({ hosts: hostsFile(folder, name as WorkloadName) }, []);
    return `deployment/${name}) shift 3; ${words.map((word) => `'${word}'`).join(" ")} "$@";;`;
  });
  const programs = binariesFolder();
  return `
    llm-egress() { node build/llm-egress.mjs "$@"; }
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

/**
 * Runs the commands for a mesh in an example's README. Before the next command is run, the changes
 * of the previous one are in effect everywhere.
 */
export async function followReadme(
  mesh: Mesh,
  example: string,
  env: Record<string, string> = {},
): Promise<void> {
  const shell: Shell = {
    functions: functionsFor(mesh.folder),
    env: {
      KUBECONFIG: join(mesh.folder, "kubeconfig"),
      WASM_URL: readFileSync(join(mesh.folder, "wasm-url"), "utf8"),
      ...env,
    },
  };
  for (const step of readSteps(example, "mesh")) {
    const run = async () => assertShown(step, await runInShell(shell, step.command));
    // A proxy writes its log once a second.
    if (step.command.startsWith("kubectl logs")) await pollUntil(step.command, () => passes(run));
    else await (/kubectl (?:apply|create)/.test(step.command) ? mesh.follow(run) : run());
  }
}

function passes(run: () => Promise<void>): Promise<boolean> {
  return run().then(
    () => true,
    () => false,
  );
}
