// Where an LLMRoute's rules apply and lead to: read alike by validation and by the plan.
import type { LLMRoute, RouteBackend, RouteMatch } from "../api/generated.ts";
import type { MatchPlan } from "./plan.ts";

/** The gateways of a match, or of the whole route where it names none: `mesh` or `namespace/name`. Empty where neither names any. */
export function gatewaysOf(
  route: LLMRoute["spec"],
  match: RouteMatch | undefined,
  namespace: string,
): string[] {
  const names = match?.gateways ?? route.gateways ?? [];
  return names.map((name) => fullGatewayName(name, namespace));
}

/** `mesh`, or `namespace/name` with the route's own namespace filled in. */
export function fullGatewayName(name: string, namespace: string): string {
  return name === "mesh" || name.includes("/") ? name : `${namespace}/${name}`;
}

/** Whether gateways that are named are the sidecars alone. */
export function namesOnlyMesh(gateways: readonly string[]): boolean {
  return gateways.length > 0 && gateways.every((gateway) => gateway === "mesh");
}

/** Whether a match is for some workloads alone. */
export function hasSourceLabels({ sourceLabels }: MatchPlan): boolean {
  return Object.keys(sourceLabels).length > 0;
}

/** Whether gateways go by a match: not where it is for the sidecars alone, or asks for labels of workloads, which sidecars alone know. */
export function isForGateways(match: MatchPlan): boolean {
  return !namesOnlyMesh(match.gateways) && !hasSourceLabels(match);
}

/** What the full name of every Service of the cluster ends with. */
export const serviceSuffix = ".svc.cluster.local";

/** The host that a backend leads to: a provider's, or a Service's full name. */
export function backendHost(backend: RouteBackend, namespace: string): string {
  const reference = backend.backendRef;
  if (reference === undefined) return backend.providerHost ?? "";
  return `${reference.name}.${reference.namespace ?? namespace}${serviceSuffix}`;
}

/** Whether a host that is no provider's may be a gateway on the way to one: a Service, reached from the sidecars alone. */
export function isMeshGateway(host: string, matches: readonly string[][]): boolean {
  const onlyMesh = matches.every((gateways) => gateways.length === 0 || namesOnlyMesh(gateways));
  return onlyMesh && host.endsWith(serviceSuffix);
}
