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
  const pid = new Components(mesh.folder).pidOf(gateway.name);
  process.kill(pid, "SIGTERM");
  await pollUntil("the gateway to end", () => Promise.resolve(!isAlive(pid)));
  await startGateway(mesh, { ...gateway, workers });
}

/** Starts the second pod of the gateway, and has sidecars use it as well. It ends with the mesh. */
export async function startSecondGateway(mesh: Mesh, workers: number): Promise<void> {
  await createPod(secondGateway);
  await mesh.kubectl("apply", "-f", "tests/mesh/rig/second-gateway.yaml");
  await startGateway(mesh, { ...secondGateway, workers });
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
