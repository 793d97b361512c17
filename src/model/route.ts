// Where an LLMRoute's rules apply, and where they lead, for validation and the plan.
import type { RouteBackend, RouteMatch, RouteRule } from "../api/generated.ts";
import type { Cursor } from "./cursor.ts";
import { fullNameOf, type RouteResource } from "./resource.ts";

/** The gateway name that means all sidecars, as in Istio. */
const mesh = "mesh";

/** One rule with its matches, of which there is at least one. */
export interface Rule {
  rule: Cursor<RouteRule>;
  matches: Match[];
}

/** One match of a rule. */
export interface Match {
  rule: Cursor<RouteRule>;
  match: Cursor<RouteMatch>;
  /** `mesh` or `namespace/name`, of the match or else of the route. Empty if neither names any. */
  gateways: string[];
}

/**
 * The rules in order. A rule without matches matches everything, as does one whose list is empty.
 */
export function rulesOf(route: RouteResource): Rule[] {
  return route
    .at("spec", "rules")
    .items()
    .map((rule) => {
      const listed = rule.at("matches").items();
      const matches = listed.length > 0 ? listed : [rule.at("matches", 0).or({})];
      return { rule, matches: matches.map((match) => toMatch(route, rule, match)) };
    });
}

/** A rule with its LLMRoute. */
export interface RouteRuleOf {
  route: RouteResource;
  rule: Cursor<RouteRule>;
}

/** The rules that lead to each host, in order. */
export function rulesByHost(routes: readonly RouteResource[]): Map<string, RouteRuleOf[]> {
  const byHost = new Map<string, RouteRuleOf[]>();
  for (const route of routes) {
    for (const { rule } of rulesOf(route)) {
      for (const host of new Set(rule.at("backendRefs").items().map(backendHost))) {
        const rules = byHost.get(host) ?? [];
        rules.push({ route, rule });
        byHost.set(host, rules);
      }
    }
  }
  return byHost;
}

/**
 * The keys of `routeSpecificConfigs` that mean the rule, the one that applies first. A key with two
 * slashes names the LLMRoute too, so that no rule's name can be taken for one.
 */
export function settingsKeys(route: RouteResource, rule: string): string[] {
  const fullName = `${fullNameOf(route)}/${rule}`;
  return namesRoute(rule) ? [fullName] : [fullName, rule];
}

/** Whether the key is `NAMESPACE/LLMROUTE/RULE`. */
export function namesRoute(key: string): boolean {
  return key.split("/").length > 2;
}

/** Every match of every rule, in order. */
export function matchesOf(route: RouteResource): Match[] {
  return rulesOf(route).flatMap(({ matches }) => matches);
}

function toMatch(route: RouteResource, rule: Cursor<RouteRule>, match: Cursor<RouteMatch>): Match {
  const names = match.value.gateways ?? route.value.spec.gateways ?? [];
  return { rule, match, gateways: names.map((name) => fullGatewayName(name, route)) };
}

/** The gateways that the route names, `mesh` if it names none. */
export function listedGateways(route: RouteResource): string[] {
  const names = namedGateways(route);
  return names.length === 0 ? [mesh] : names;
}

/** The gateways that the route names; empty if it names none. */
export function namedGateways(route: RouteResource): string[] {
  return (route.value.spec.gateways ?? []).map((name) => fullGatewayName(name, route));
}

/**
 * `mesh`, or `namespace/name` with the namespace of the resource that names the gateway filled in.
 */
export function fullGatewayName(name: string, { resource }: Cursor): string {
  return name === mesh || name.includes("/") ? name : `${resource.namespace}/${name}`;
}

/** Whether `gateways` names the sidecars and nothing else. */
export function namesOnlyMesh(gateways: readonly string[]): boolean {
  return gateways.length > 0 && gateways.every((gateway) => gateway === mesh);
}

/** Istio's root namespace, unless its installation names another. */
export const rootNamespace = "istio-system";

/** The name of the VirtualService with an LLMRoute's rules for sidecars, if it needs a second one. */
export function sidecarsName(name: string): string {
  return `${name}.${mesh}`;
}

/** What the full name of every Service of the cluster ends with. */
export const serviceSuffix = ".svc.cluster.local";

/** The host that a backend leads to: a provider's, or a Service's full name. */
export function backendHost({ value, resource }: Cursor<RouteBackend>): string {
  const reference = value.backendRef;
  if (reference === undefined) return value.providerHost ?? "";
  return `${reference.name}.${reference.namespace ?? resource.namespace}${serviceSuffix}`;
}

/**
 * Whether a host without a provider may be a gateway on the way to one: a Service, in a rule whose
 * matches are for sidecars only.
 */
export function isMeshGateway(
  host: string,
  matches: readonly { gateways: readonly string[] }[],
): boolean {
  const onlyMesh = matches.every(
    ({ gateways }) => gateways.length === 0 || namesOnlyMesh(gateways),
  );
  return onlyMesh && host.endsWith(serviceSuffix);
}
