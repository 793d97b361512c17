import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import { hasSourceLabels } from "../../plan/matches.ts";
import type { RoutePlan } from "../../plan/plan.ts";
import { toHttpRoutes } from "./http-route.ts";
import { sidecarsName } from "../../model/route.ts";
import { toMetadata } from "./metadata.ts";
import type { IstioOptions } from "./options.ts";

/** The rules of an LLMRoute: one VirtualService, or two, or none if no rule can ever match. */
export function toVirtualServices(route: RoutePlan, options: IstioOptions): IVirtualService[] {
  return partsOf(route).flatMap((part): IVirtualService[] => {
    const http = toHttpRoutes(part, options);
    if (http.length === 0) return [];
    return [
      {
        apiVersion: "networking.istio.io/v1beta1",
        kind: "VirtualService",
        metadata: toMetadata(part),
        spec: { hosts: [route.host], gateways: part.gateways, http },
      },
    ];
  });
}

const mesh = "mesh";

/**
 * The route, for the sidecars and for gateways apart if a match has sourceLabels: Istio ignores
 * them in a match that names gateways, and without gateways it would compare them with a gateway's
 * own labels.
 */
function partsOf(route: RoutePlan): RoutePlan[] {
  const gateways = route.gateways.length === 0 ? [mesh] : route.gateways;
  const others = gateways.filter((gateway) => gateway !== mesh);
  const hasLabels = route.rules.flatMap((rule) => rule.matches).some(hasSourceLabels);
  if (!hasLabels || others.length === 0 || others.length === gateways.length) {
    return [{ ...route, gateways }];
  }
  return [
    { ...route, gateways: others },
    { ...route, name: sidecarsName(route.name), gateways: [mesh] },
  ];
}

/** `NAMESPACE/NAME` of the VirtualServices that an LLMRoute may become. */
export function virtualServicesOf({
  namespace,
  name,
}: Record<"namespace" | "name", string>): string[] {
  return [name, sidecarsName(name)].map((each) => `${namespace}/${each}`);
}
