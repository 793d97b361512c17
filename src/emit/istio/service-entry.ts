import type { IServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import { tunnelPort } from "../../model/tunnel-port.ts";
import type { ProviderPlan } from "../../plan/plan.ts";
import { toMetadata } from "./metadata.ts";
import { isService, portsOf } from "./provider-ports.ts";

/** Makes the provider known to the mesh; undefined for a Service of the cluster. */
export function toServiceEntry(provider: ProviderPlan): IServiceEntry | undefined {
  if (isService(provider)) return undefined;
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
