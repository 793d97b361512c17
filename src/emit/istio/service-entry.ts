import type { IServiceEntry } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { ProviderPlan } from "../../plan/plan.ts";
import { toMetadata } from "./metadata.ts";
import { isService, portsOf } from "./provider-ports.ts";

/** Makes the provider known to the mesh; undefined for a Service of the cluster. */
export function toServiceEntry(provider: ProviderPlan): IServiceEntry | undefined {
  if (isService(provider)) return undefined;
  return {
    apiVersion: "networking.istio.io/v1beta1",
    kind: "ServiceEntry",
    metadata: toMetadata(provider),
    spec: {
      hosts: [provider.host],
      location: "MESH_EXTERNAL",
      resolution: "DNS",
      ports: portsOf(provider),
    },
  };
}
