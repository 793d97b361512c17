import { isForGateways } from "../../plan/matches.ts";
import type { MatchPlan, Plan, RoutePlan, RulePlan } from "../../plan/plan.ts";
import { HostRewrite, type Route, toRoute } from "./route.ts";

export interface RouteConfig {
  name: string;
  validate_clusters: boolean;
  virtual_hosts: VirtualHost[];
}

export interface VirtualHost {
  name: string;
  domains: string[];
  routes: Route[];
}

/**
 * A virtual host for each LLMRoute's host, with the rules that apply at this gateway, and a
 * catch-all.
 */
export function toRouteConfig(plan: Plan): RouteConfig {
  return {
    name: "llm-egress",
    // A destination that no provider serves has no cluster, and requests to it get 503.
    validate_clusters: false,
    virtual_hosts: [...toVirtualHosts(plan), ...toCatchAll(plan)],
  };
}

function toVirtualHosts(plan: Plan): VirtualHost[] {
  const hosts = new Map<string, VirtualHost>();
  for (const route of plan.routes) {
    const { host } = route;
    // May stay empty: requests for the host then get 404, and don't fall through to the provider of
    // another host.
    const virtualHost = hosts.get(host) ?? { name: host, domains: [host], routes: [] };
    virtualHost.routes.push(...toRoutes(route, HostRewrite.WhereDifferent));
    hosts.set(host, virtualHost);
  }
  return [...hosts.values()];
}

/**
 * Requests to the gateway's own address go to the first provider. Requests for any other host reach
 * the filter, which refuses them.
 */
function toCatchAll(plan: Plan): VirtualHost[] {
  const routes = routesToFirstProvider(plan);
  return routes.length === 0 ? [] : [{ name: "own-address", domains: ["*"], routes }];
}

function routesToFirstProvider({ providers, routes }: Plan): Route[] {
  for (const { host } of providers) {
    const leading = routes.find((route) => leadsTo(route, host));
    if (leading !== undefined) return toRoutes(leading, HostRewrite.Always);
  }
  const [first] = providers;
  if (first === undefined) return [];
  const destination = {
    kind: "provider",
    host: first.host,
    port: first.port,
    usesTls: first.tls.mode === "SIMPLE",
    weight: 100,
  } as const;
  const rule: RulePlan = { name: first.name, matches: [], destinations: [destination] };
  return [toRoute({ rule, routeHost: first.host, rewrite: HostRewrite.Always })];
}

function leadsTo(route: RoutePlan, host: string): boolean {
  return route.rules.some(
    (rule) =>
      rule.matches.some((match) => appliesHere(match, rule)) &&
      rule.destinations.some((destination) => destination.host === host),
  );
}

function toRoutes(route: RoutePlan, rewrite: HostRewrite): Route[] {
  return route.rules.flatMap((rule) =>
    rule.matches
      .filter((match) => appliesHere(match, rule))
      .map((match) => toRoute({ rule, match, routeHost: route.host, rewrite })),
  );
}

/** This Envoy is the gateway: it omits what only sidecars apply, or can decide. */
function appliesHere(match: MatchPlan, rule: RulePlan): boolean {
  return isForGateways(match) && rule.destinations.every(({ kind }) => kind !== "gateway");
}
