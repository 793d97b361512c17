import type { Endpoint, ProviderPlan } from "../../plan/plan.ts";
import { serviceSuffix } from "../../model/route.ts";

export interface ServicePort {
  number: number;
  name: string;
  protocol: "HTTP" | "HTTPS";
  /** If it differs from `number`. */
  targetPort?: number;
}

/** The port at which applications call every provider. */
export const plainPort = 80;

/**
 * The ports of a provider outside the cluster: the one that applications call, and its own. Both
 * lead to its own.
 */
export function portsOf({ port, tls }: ProviderPlan): ServicePort[] {
  const plain: ServicePort = { number: plainPort, name: "http", protocol: "HTTP" };
  if (port === plainPort) return [plain];
  const own: ServicePort =
    tls.mode === "SIMPLE"
      ? { number: port, name: "https", protocol: "HTTPS" }
      : { number: port, name: "http-provider", protocol: "HTTP" };
  return [{ ...plain, targetPort: port }, own];
}

/** Whether the host is a Service of the cluster, which needs no ServiceEntry. */
export function isService({ host }: Endpoint): boolean {
  return host.endsWith(serviceSuffix);
}

/**
 * The names that istiod gives the clusters of an endpoint. A request for a provider outside the
 * cluster takes the cluster of its own port by our VirtualService, and that of port 80 if only the
 * ServiceEntry applies.
 */
export function clusterNames({ host, port }: Endpoint): string[] {
  const ports = isService({ host, port }) ? [port] : new Set([plainPort, port]);
  return [...ports].map((each) => `outbound|${each}||${host}`);
}
