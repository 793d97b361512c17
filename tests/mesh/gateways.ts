// Restarts the egress gateway, as a rollout of its Deployment does.
import { join } from "node:path";
import type { Mesh } from "./mesh.ts";
import { startAgent, whenProxyReady } from "./rig/agent.ts";
import { Components } from "./rig/components.ts";
import { hostsFile } from "./rig/hosts.ts";
import { gateway } from "./rig/names.ts";
import { pollUntil } from "./settle.ts";

/** Resolves when the new gateway is ready. It ends with the mesh. */
export async function restartGateway(mesh: Mesh, workers: number): Promise<void> {
  const components = new Components(mesh.folder);
  const pid = components.pidOf(gateway.name);
  process.kill(pid, "SIGTERM");
  await pollUntil("the gateway to end", () => Promise.resolve(!isAlive(pid)));
  const caBundle = join(mesh.folder, "ca-bundle.pem");
  await startAgent(
    components,
    { ...gateway, workers },
    {
      folder: mesh.folder,
      envoy: process.env["ENVOY"] ?? "",
      files: { hosts: hostsFile(mesh.folder, "internet"), caBundle },
    },
  );
  await whenProxyReady(components, gateway);
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
