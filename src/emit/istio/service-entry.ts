import type { IServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import { tunnelPort } from "../../model/tunnel-port.ts";
import type { Plan, ProviderPlan } from "../../plan/plan.ts";
import { toMetadata } from "./metadata.ts";
import { isService, portsOf } from "./provider-ports.ts";

/**
 * Makes the provider known to the mesh. Undefined for a Service of the cluster, and for a provider
 * without a route: a sidecar that knows its host and no route sends requests to it directly, in clear
 * text, also if the mesh refuses unknown hosts.
 */
export function toServiceEntry(
  provider: ProviderPlan,
  routedHosts: ReadonlySet<string>,
): IServiceEntry | undefined {
  if (isService(provider) || !routedHosts.has(provider.host)) return undefined;
  const ports = portsOf(provider);
  return {
    apiVersion: "networking.istio.io/v1beta1",
    kind: "ServiceEntry",
    metadata: toMetadata(provider),
    spec: {
      hosts: [provider.host],
      location: "MESH_EXTERNAL",
      ...(provider.connection.proxy === undefined
        ? { resolution: "DNS" }
        : { resolution: "STATIC", endpoints: [toEndpoint(provider, ports)] }),
      ports,
    },
  };
}

/**
 * The tunnel that the proxy has on its own loopback interface. The TLS of the subset goes through
 * it, and if it is missing, requests get 503.
 */
function toEndpoint(provider: ProviderPlan, ports: readonly { name: string }[]): object {
  const port = tunnelPort(provider);
  return { address: "127.0.0.1", ports: Object.fromEntries(ports.map(({ name }) => [name, port])) };
}

/** The hosts of the providers to which routes lead. */
export function routedHostsOf({ routes }: Plan): Set<string> {
  const destinations = routes.flatMap(({ rules }) => rules.flatMap((rule) => rule.destinations));
  return new Set(destinations.flatMap(({ kind, host }) => (kind === "provider" ? [host] : [])));
}
