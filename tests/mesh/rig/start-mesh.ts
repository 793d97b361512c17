// Starts the whole mesh: a Kubernetes API, istiod, an egress gateway, the workloads' sidecars, and
// the mock that replaces the internet. The caller must stop the components. All files are in one
// folder.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { startAgent, whenProxyReady } from "./agent.ts";
import { binariesFolder } from "./binaries.ts";
import { makeServerCertificate, writeMeshCa } from "./certificates.ts";
import type { Components } from "./components.ts";
import { hostsFile, writeHostsFiles } from "./hosts.ts";
import type { PodFiles } from "./in-pod.ts";
import { startIstiod, whenIstiodReady } from "./istiod.ts";
import { createObject } from "./kube-client.ts";
import { runKubectl, startKubernetes } from "./kubernetes.ts";
import { pushModule } from "./module-image.ts";
import { issuerHost, limitingHost, providerHosts, proxies } from "./names.ts";
import { createPod } from "./pods.ts";
import { startProviderStandIn } from "./provider-stand-in.ts";
import { startRegistry, whenRegistryReady } from "./registry.ts";

const machineBundle = "/etc/ssl/certs/ca-certificates.crt";

/**
 * Starts everything inside the namespaces. Resolves when all proxies are ready. `folder` must be
 * empty; it will contain a log for each component.
 */
export async function startMesh(
  components: Components,
  folder: string,
  envoy: string,
): Promise<void> {
  const certificates = join(folder, "certificates");
  mkdirSync(certificates);
  startRegistry(components, folder);
  const [internet] = await Promise.all([
    makeServerCertificate(join(folder, "internet"), [...providerHosts, issuerHost, limitingHost]),
    writeMeshCa(certificates),
    startKubernetes(components, folder),
  ]);
  await startProviderStandIn(internet);
  await whenRegistryReady(components);
  writeFileSync(join(folder, "wasm-url"), await pushModule(join(folder, "image")));
  const caBundle = join(folder, "ca-bundle.pem");
  writeFileSync(caBundle, readFileSync(machineBundle, "utf8") + internet.ca);
  writeHostsFiles(folder);
  const files: PodFiles = { hosts: hostsFile(folder, "internet"), caBundle };
  await createResources(components, folder, files);
  for (const proxy of proxies) await startAgent(components, proxy, { folder, envoy, files });
  for (const proxy of proxies) await whenProxyReady(components, proxy);
}

async function createResources(
  components: Components,
  folder: string,
  files: PodFiles,
): Promise<void> {
  const definitions = [join(binariesFolder(), "crds.yaml"), "deploy/crds"];
  const kubectl = (verb: string, paths: string[]) =>
    runKubectl(folder, [verb, ...paths.flatMap((path) => ["-f", path])]);
  await kubectl("create", definitions);
  startIstiod(components, folder, files);
  await createObject("/api/v1/namespaces", { metadata: { name: "istio-system" } });
  for (const proxy of proxies) await createPod(proxy);
  await kubectl("apply", ["tests/mesh/rig/platform"]);
  await whenIstiodReady(components);
}
