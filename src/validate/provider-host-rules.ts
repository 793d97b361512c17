import type { Report } from "../diagnostics.ts";
import type { ProviderResource, RouteResource } from "../model/resource.ts";
import {
  backendHost,
  listedGateways,
  namesOnlyMesh,
  rootNamespace,
  rulesOf,
  serviceSuffix,
} from "../model/route.ts";
import { type Input, ofKind } from "./input.ts";

/**
 * A provider is not a gateway of the mesh on the way to one: the next gateway would get its key, and
 * requests would go in a circle.
 */
export function checkProviderHosts(input: Input, report: Report): void {
  const gateways = new Set([...gatewayServices(input), ...input.routes.flatMap(nextGateways)]);
  for (const provider of input.providers) {
    const host = provider.at("spec", "host");
    if (!gateways.has(host.value)) continue;
    const message =
      "is the Service of a gateway, which is on the way to a provider and not one itself";
    report(host.problem("gateway_as_provider", message));
  }
}

/** The Services of the input that select a Gateway's pods. */
function gatewayServices({ context }: Input): string[] {
  const selectors = ofKind(context, "networking.istio.io", "Gateway").map((gateway) =>
    Object.entries(gateway.at("spec", "selector").texts()),
  );
  return context.flatMap((each) => {
    if (each.at("kind").text() !== "Service" || each.at("apiVersion").text() !== "v1") return [];
    const labels = each.at("spec", "selector").texts();
    const isGateway = selectors.some(
      (pairs) => pairs.length > 0 && pairs.every(([name, value]) => labels[name] === value),
    );
    return isGateway ? [`${each.resource.name}.${each.resource.namespace}${serviceSuffix}`] : [];
  });
}

/**
 * The Services to which sidecars alone send the route's requests, in a namespace that has one of its
 * gateways.
 */
function nextGateways(route: RouteResource): string[] {
  const namespaces = listedGateways(route)
    .filter((gateway) => gateway !== "mesh")
    .map((gateway) => gateway.split("/")[0]);
  const rules = rulesOf(route).map(({ rule, matches }) => ({
    hosts: rule.at("backendRefs").items().map(backendHost),
    isForMesh: matches.every(({ gateways }) => namesOnlyMesh(gateways)),
  }));
  const others = new Set(rules.filter((each) => !each.isForMesh).flatMap(({ hosts }) => hosts));
  return rules
    .filter(({ isForMesh }) => isForMesh)
    .flatMap(({ hosts }) => hosts)
    .filter((host) => host.endsWith(serviceSuffix) && !others.has(host))
    .filter((host) => namespaces.includes(host.slice(0, -serviceSuffix.length).split(".")[1]));
}

/** A filter of Istio's root namespace reaches every proxy that its selector does not leave out. */
export function checkSelectors({ providers, target }: Input, report: Report): void {
  if (target === "envoy") return;
  for (const provider of providers.filter(isMeshWide)) {
    const message = `has no workloadSelector, so in ${rootNamespace} its filter and a literal key reach every proxy of the mesh; select the gateway`;
    report(provider.at("spec").problem("mesh_wide_provider", message, "key"));
  }
}

function isMeshWide({ value, resource }: ProviderResource): boolean {
  const labels = value.spec.workloadSelector?.labels ?? {};
  return resource.namespace === rootNamespace && Object.keys(labels).length === 0;
}
