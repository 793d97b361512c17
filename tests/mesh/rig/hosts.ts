// Name resolution: an /etc/hosts file for each kind of process in the mesh.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  controllerAddresses,
  controllerHost,
  hijackedHost,
  issuerAddress,
  issuerHost,
  limitingAddress,
  limitingHost,
  providerAddress,
  providerHosts,
  selfSignedAddress,
  selfSignedHost,
  type WorkloadName,
  workloads,
} from "./names.ts";

/**
 * The hosts file of a workload, in which the providers' hosts resolve to its sidecar, or that of
 * all proxies and istiod ("internet"), in which they resolve to the mock provider.
 */
export function hostsFile(folder: string, name: WorkloadName | "internet"): string {
  return join(folder, `hosts.${name}`);
}

/** Writes all hosts files into the folder. */
export function writeHostsFiles(folder: string): void {
  const providers = [...providerHosts, hijackedHost].join(" ");
  for (const [name, { address }] of Object.entries(workloads)) {
    const lines = [`${address} ${providers} ${selfSignedHost} ${limitingHost}`];
    write(hostsFile(folder, name as WorkloadName), lines);
  }
  write(hostsFile(folder, "internet"), [
    `${providerAddress} ${providers}`,
    `${selfSignedAddress} ${selfSignedHost}`,
    `${issuerAddress} ${issuerHost}`,
    `${limitingAddress} ${limitingHost}`,
    ...controllerAddresses.map((address) => `${address} ${controllerHost}`),
  ]);
}

function write(file: string, lines: string[]): void {
  writeFileSync(file, ["127.0.0.1 localhost", ...lines, ""].join("\n"));
}
