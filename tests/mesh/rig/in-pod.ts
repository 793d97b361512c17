// A program as a pod's container would run it: with files of the pod in place of the machine's.
import { resolve } from "node:path";

export interface PodFiles {
  /** Stands in for /etc/hosts. */
  hosts: string;
  /** Stands in for the CA bundle; the machine's own where it is absent. */
  caBundle?: string;
}

/** The command that runs a command in this way, in a mount namespace of its own. */
export function inPod({ hosts, caBundle = "" }: PodFiles, command: string[]): string[] {
  const unshare = ["unshare", "--mount", "--propagation", "private"];
  return [...unshare, resolve("tests/mesh/rig/in-pod.sh"), hosts, caBundle, ...command];
}
