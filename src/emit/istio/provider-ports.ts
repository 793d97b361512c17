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
 * The subset of a provider's DestinationRule that has its TLS. Istio merges the rules of one host,
 * and whatever another rule says, a route to the subset is TLS, or 503.
 */
export const tlsSubset = "llm-egress";

/** A provider, or a rule's destination. */
export interface Target extends Endpoint {
  usesTls: boolean;
}

/** The provider as a rule's destination. */
export function toTarget({ host, port, tls }: ProviderPlan): Target {
  return { host, port, usesTls: tls.mode === "SIMPLE" };
}

/** The name that istiod gives the cluster to which our VirtualServices lead. */
export function clusterName({ host, port, usesTls }: Target): string {
  return `outbound|${port}|${usesTls ? tlsSubset : ""}|${host}`;
}

/**
 * The names that istiod gives the clusters of an endpoint without a subset. A request takes that of
 * port 80 if only the ServiceEntry applies.
 */
export function plainClusterNames(endpoint: Endpoint): string[] {
  const { host, port } = endpoint;
  const ports = isService(endpoint) ? [port] : new Set([plainPort, port]);
  return [...ports].map((each) => `outbound|${each}||${host}`);
}
