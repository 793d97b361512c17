import { createHash } from "node:crypto";

/** Below the ports that a kernel gives to connections, and above those of Istio. */
const firstPort = 20_000;
const portCount = 10_000;

/**
 * The loopback port at which an Istio proxy has the tunnel to a provider. It depends on the
 * provider's name alone, so that another provider changes nothing.
 */
export function tunnelPort({ namespace, name }: Record<"namespace" | "name", string>): number {
  const digest = createHash("sha256").update(`${namespace}/${name}`).digest();
  return firstPort + (digest.readUInt32BE() % portCount);
}
