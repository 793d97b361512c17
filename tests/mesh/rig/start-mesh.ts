// Starts the whole mesh: a Kubernetes API, istiod, an egress gateway, the workloads' sidecars, and what stands in for the internet.
// What is kept is the components, to be stopped by the caller, and files in one folder.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type AgentOptions, startAgent, whenProxyReady } from "./agent.ts";
import { binariesFolder } from "./binaries.ts";
import { makeServerCertificate, writeMeshCa } from "./certificates.ts";
import type { Components } from "./components.ts";
import { startIstiod, whenIstiodReady } from "./istiod.ts";
import { createObject } from "./kube-client.ts";
import { runKubectl, startKubernetes } from "./kubernetes.ts";
import { pushModule } from "./module-image.ts";
import {
  gateway,
  gatewayKeys,
  hijackedHost,
  providerAddress,
  providerHosts,
  proxies,
  selfSignedAddress,
  selfSignedHost,
  type WorkloadName,
  workloads,
} from "./names.ts";
import { createPod } from "./pods.ts";
import { startProviderStandIn } from "./provider-stand-in.ts";
import { startRegistry, whenRegistryReady } from "./registry.ts";

const machineBundle = "/etc/ssl/certs/ca-certificates.crt";

/** Starts everything, inside the namespaces; resolves when all proxies serve. `folder` is empty, and gets a log for each component. */
export async function startMesh(
  components: Components,
  folder: string,
  envoy: string,
): Promise<void> {
  const certificates = join(folder, "certificates");
  mkdirSync(certificates);
  startRegistry(components, folder);
  const [provider] = await Promise.all([
    makeServerCertificate(join(folder, "provider"), providerHosts),
    writeMeshCa(certificates),
    startKubernetes(components, folder),
  ]);
  await startProviderStandIn(provider);
  await whenRegistryReady(components);
  writeFileSync(join(folder, "wasm-url"), await pushModule(join(folder, "image")));
  await createResources(components, folder);
  const bundle = join(folder, "ca-bundle.pem");
  writeFileSync(bundle, readFileSync(machineBundle, "utf8") + provider.ca);
  await startProxies(components, { folder, envoy, caBundle: bundle });
}

/** Where a workload, or the gateway, finds the providers' hosts: the workload at its own sidecar. */
export function hostsFile(folder: string, name: WorkloadName | "gateway"): string {
  return join(folder, `hosts.${name}`);
}

async function createResources(components: Components, folder: string): Promise<void> {
  const definitions = [join(binariesFolder(), "crds.yaml"), "deploy/crds"];
  const kubectl = (verb: string, paths: string[]) =>
    runKubectl(folder, [verb, ...paths.flatMap((path) => ["-f", path])]);
  await kubectl("create", definitions);
  startIstiod(components, folder);
  await createObject("/api/v1/namespaces", { metadata: { name: "istio-system" } });
  for (const proxy of proxies) await createPod(proxy);
  await kubectl("apply", ["tests/mesh/rig/platform"]);
  await whenIstiodReady(components);
}

async function startProxies(components: Components, common: AgentOptions): Promise<void> {
  const { folder, envoy, caBundle } = common;
  for (const [name, { address }] of Object.entries(workloads)) {
    writeHosts(hostsFile(folder, name as WorkloadName), address, address);
  }
  writeHosts(hostsFile(folder, "gateway"), providerAddress, selfSignedAddress);
  for (const proxy of proxies) {
    const own = { hostsFile: hostsFile(folder, "gateway"), caBundle, secrets: gatewayKeys };
    await startAgent(components, proxy, { folder, envoy, ...(proxy === gateway ? own : {}) });
  }
  for (const proxy of proxies) await whenProxyReady(components, proxy);
}

function writeHosts(file: string, address: string, selfSigned: string): void {
  const hosts = [...providerHosts, hijackedHost].join(" ");
  const lines = ["127.0.0.1 localhost", `${address} ${hosts}`, `${selfSigned} ${selfSignedHost}`];
  writeFileSync(file, `${lines.join("\n")}\n`);
}
