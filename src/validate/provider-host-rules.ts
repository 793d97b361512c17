import type { RouteBackend } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { fullNameOf, type ProviderResource, type RouteResource } from "../model/resource.ts";
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
 * requests would go in a circle. Between a provider for a Service of its own namespace and a route
 * of another one, the route is at fault: no route makes another's provider a gateway.
 */
export function checkProviderHosts(input: Input, report: Report): void {
  const services = new Set(gatewayServices(input));
  const hops = new Map<string, Cursor<RouteBackend>[]>();
  for (const backend of input.routes.flatMap(nextGateways)) {
    const host = backendHost(backend);
    hops.set(host, [...(hops.get(host) ?? []), backend]);
  }
  for (const provider of input.providers) {
    const host = provider.at("spec", "host");
    if (input.target === "istio") checkServiceName(host, report);
    checkGateway(provider, services.has(host.value), hops.get(host.value) ?? [], report);
  }
}

function checkGateway(
  provider: ProviderResource,
  isGateway: boolean,
  hops: readonly Cursor[],
  report: Report,
): void {
  const host = provider.at("spec", "host");
  const { namespace } = provider.resource;
  const isForeign = namespaceOf(host.value) !== namespace;
  const isAtFault = hops.some(({ resource }) => isForeign || resource.namespace === namespace);
  if (isGateway || isAtFault) {
    const message =
      "is the Service of a gateway, which is on the way to a provider and not one itself";
    report(host.problem("gateway_as_provider", message));
    return;
  }
  for (const hop of hops) {
    const message = `${host.value} is the host of the LLMProvider ${fullNameOf(provider)}, so it can't be the next gateway`;
    report(hop.problem("gateway_as_provider", message));
  }
}

/** No ServiceEntry gets another name of a Service, whose requests it would take. */
function checkServiceName(host: Cursor<string>, report: Report): void {
  const isFull = host.value.endsWith(serviceSuffix);
  const isShort = !host.value.includes(".") || /\.(svc|cluster\.local)$/.test(host.value);
  if (isFull || !isShort) return;
  const message =
    "is the short name of a Service in the mesh: use NAME.NAMESPACE.svc.cluster.local, or a host outside of it";
  report(host.problem("invalid_host", message));
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
 * The backends that are Services to which sidecars alone send the route's requests, in a namespace
 * that has one of its gateways.
 */
function nextGateways(route: RouteResource): Cursor<RouteBackend>[] {
  const gateways = listedGateways(route).filter((gateway) => gateway !== "mesh");
  const namespaces = new Set(gateways.map((gateway) => gateway.split("/")[0]));
  const rules = rulesOf(route).map(({ rule, matches }) => ({
    backends: rule.at("backendRefs").items(),
    isForMesh: matches.every(({ gateways }) => namesOnlyMesh(gateways)),
  }));
  const others = rules.filter((each) => !each.isForMesh).flatMap(({ backends }) => backends);
  const otherHosts = new Set(others.map(backendHost));
  return rules
    .filter(({ isForMesh }) => isForMesh)
    .flatMap(({ backends }) => backends)
    .filter((backend) => {
      const host = backendHost(backend);
      return namespaces.has(namespaceOf(host)) && !otherHosts.has(host);
    });
}

/** The namespace of a Service; undefined for any other host. */
function namespaceOf(host: string): string | undefined {
  if (!host.endsWith(serviceSuffix)) return undefined;
  return host.slice(0, -serviceSuffix.length).split(".")[1];
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
