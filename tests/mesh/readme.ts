// The READMEs of the examples on the mesh: each command is run as it stands, and prints what is shown.
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

// The program has not been installed. No kubelet runs here, so `kubectl exec deployment/NAME -- COMMAND` becomes COMMAND with NAME's
// /etc/hosts, which leads to its sidecar, or at the gateway a program of Istio's image; its log is the component's file. Everything else is
// kubectl's own.
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

/** Runs the commands of an example's README for a mesh. What one applies holds everywhere before the next one is run. */
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
