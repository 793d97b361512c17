// Runs a program as in the container of a pod, with files of the pod in place of the machine's.
import { resolve } from "node:path";

export interface PodFiles {
  /** Replaces /etc/hosts. */
  hosts: string;
  /** Replaces the CA bundle. The default is that of the machine. */
  caBundle?: string;
}

/** The command line that runs a command in this way, in its own mount namespace. */
export function inPod({ hosts, caBundle = "" }: PodFiles, command: string[]): string[] {
  const unshare = ["unshare", "--mount", "--propagation", "private"];
  return [...unshare, resolve("tests/mesh/rig/in-pod.sh"), hosts, caBundle, ...command];
}
