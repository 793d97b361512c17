// Runs unmodified istiod with the local Kubernetes API.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binariesFolder } from "./binaries.ts";
import type { Components } from "./components.ts";
import { inPod, type PodFiles } from "./in-pod.ts";
import { istiodMetricsUrl, istiodUrl } from "./names.ts";
import { meshConfig } from "./telemetry.ts";

/**
 * Starts istiod with the files of a pod. `folder` contains `kubeconfig`, and the mesh's CA in
 * `certificates`.
 */
export function startIstiod(components: Components, folder: string, files: PodFiles): void {
  const cwd = join(folder, "istiod");
  mkdirSync(cwd);
  writeFileSync(join(cwd, "mesh-config.json"), meshConfig());
  const flags = {
    registries: "Kubernetes",
    kubeconfig: join(folder, "kubeconfig"),
    meshConfig: join(cwd, "mesh-config.json"),
    domain: "cluster.local",
    httpAddr: new URL(istiodUrl).host,
    grpcAddr: "127.0.0.1:15010",
    secureGRPCAddr: "127.0.0.1:15012",
    httpsAddr: "127.0.0.1:15017",
    monitoringAddr: new URL(istiodMetricsUrl).host,
    ctrlz_address: "127.0.0.1",
    ctrlz_port: "9876",
  };
  const words = Object.entries(flags).map(([name, value]) => `--${name}=${value}`);
  components.start({
    name: "istiod",
    command: inPod(files, [join(binariesFolder(), "pilot-discovery"), "discovery", ...words]),
    cwd,
    env: {
      POD_NAME: "istiod-0",
      POD_NAMESPACE: "istio-system",
      REVISION: "default",
      CLUSTER_ID: "Kubernetes",
      ROOT_CA_DIR: join(folder, "certificates"),
      ISTIOD_CUSTOM_HOST: "localhost",
      VALIDATION_WEBHOOK_CONFIG_NAME: "istio-validator",
      // This needs extensions that only Istio's own build of Envoy has.
      PILOT_ENABLE_METADATA_EXCHANGE: "false",
      PILOT_ENABLE_ALPN_FILTER: "false",
      PILOT_ENABLE_AMBIENT: "false",
    },
  });
}

/** Resolves when istiod is ready, which is after it has read all resources. */
export async function whenIstiodReady(components: Components): Promise<void> {
  await components.until("istiod", async () => (await fetch(`${istiodUrl}/ready`)).ok);
}
