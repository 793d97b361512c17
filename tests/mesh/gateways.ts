// Restarts the egress gateway, as a rollout of its Deployment does, and starts a second pod of it.
import { join } from "node:path";
import type { Mesh } from "./mesh.ts";
import { startAgent, whenProxyReady } from "./rig/agent.ts";
import { Components } from "./rig/components.ts";
import { hostsFile } from "./rig/hosts.ts";
import { gateway, type Proxy, secondGateway } from "./rig/names.ts";
import { createPod } from "./rig/pods.ts";
import { pollUntil } from "./settle.ts";

/** Resolves when the new gateway is ready. It ends with the mesh. */
export async function restartGateway(mesh: Mesh, workers: number): Promise<void> {
  await stopGateway(mesh, gateway);
  await startGateway(mesh, { ...gateway, workers });
}

/** Starts the second pod of the gateway, and has sidecars use it as well. */
export async function startSecondGateway(mesh: Mesh, workers: number): Promise<void> {
  await createPod(secondGateway);
  await mesh.kubectl("apply", "-f", "tests/mesh/rig/second-gateway.yaml");
  await startGateway(mesh, { ...secondGateway, workers });
}

/** Resolves when only the first pod of the gateway is left. */
export async function stopSecondGateway(mesh: Mesh): Promise<void> {
  await mesh.kubectl("apply", "-f", "tests/mesh/rig/platform/egressgateway-service.yaml");
  const { name, namespace } = secondGateway;
  await mesh.kubectl("delete", "pod", name, "-n", namespace, "--force");
  await stopGateway(mesh, secondGateway);
}

async function stopGateway(mesh: Mesh, { name }: Proxy): Promise<void> {
  const pid = new Components(mesh.folder).pidOf(name);
  process.kill(pid, "SIGTERM");
  await pollUntil("the gateway to end", () => Promise.resolve(!isAlive(pid)));
}

async function startGateway(mesh: Mesh, proxy: Proxy): Promise<void> {
  const components = new Components(mesh.folder);
  await startAgent(components, proxy, {
    folder: mesh.folder,
    envoy: process.env["ENVOY"] ?? "",
    files: {
      hosts: hostsFile(mesh.folder, "internet"),
      caBundle: join(mesh.folder, "ca-bundle.pem"),
    },
  });
  await whenProxyReady(components, proxy);
  components.letGo();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
