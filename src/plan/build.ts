// Resources → plan. Pure; the resources have been validated.
import type { Cursor } from "../model/cursor.ts";
import type { RouteMatch } from "../api/generated.ts";
import { defaultConfigOf, routeConfigsOf } from "../model/provider.ts";
import type { ProviderResource, Resources, RouteResource } from "../model/resource.ts";
import {
  backendHost,
  isMeshGateway,
  listedGateways,
  type Match,
  namedGateways,
  type Rule,
  rulesOf,
} from "../model/route.ts";
import type {
  DestinationPlan,
  HeaderMatchPlan,
  MatchPlan,
  Plan,
  ProviderPlan,
  RoutePlan,
  RulePlan,
  TlsPlan,
} from "./plan.ts";
import { buildSettings } from "./settings.ts";

/** The port of a provider that names none. */
export const defaultPort = 443;
const defaultPath = "/v1/chat/completions";

/** The plan of all resources. A destination that no provider serves is kept, and marked so. */
export function buildPlan(resources: Resources): Plan {
  const providers = resources.providers.map(planProvider).sort(byFullName);
  const ports = new Map(providers.map((provider) => [provider.host, provider.port]));
  const routes = resources.routes.map((route) => planRoute(route, ports)).sort(byFullName);
  const authorities = [...new Set(routes.map((route) => route.host))].sort();
  return { providers, routes, authorities };
}

type FullName = Pick<ProviderPlan, "namespace" | "name">;

/** By namespace and name. */
export function byFullName(a: FullName, b: FullName): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

/** By code unit: the order must not depend on where the compiler runs. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function planProvider(provider: ProviderResource): ProviderPlan {
  const { spec } = provider.value;
  const base = defaultConfigOf(provider);
  const specific = routeConfigsOf(provider).sort(([a], [b]) => compare(a, b));
  return {
    name: provider.resource.name,
    namespace: provider.resource.namespace,
    host: spec.host,
    port: spec.port ?? defaultPort,
    tls: planTls(spec.tls),
    path: spec.path ?? defaultPath,
    workloadLabels: spec.workloadSelector?.labels ?? {},
    settings: buildSettings(base),
    routeSettings: Object.fromEntries(
      specific.map(([rule, own]) => [rule, buildSettings(base, own)]),
    ),
  };
}

function planTls(tls: ProviderResource["value"]["spec"]["tls"]): TlsPlan {
  if (tls?.mode === "DISABLE") return { mode: "DISABLE" };
  const { caCertificates } = tls ?? {};
  return caCertificates === undefined ? { mode: "SIMPLE" } : { mode: "SIMPLE", caCertificates };
}

function planRoute(route: RouteResource, ports: ReadonlyMap<string, number>): RoutePlan {
  const listed = listedGateways(route);
  return {
    name: route.resource.name,
    namespace: route.resource.namespace,
    host: route.value.spec.host,
    gateways: namedGateways(route),
    rules: rulesOf(route)
      .map(({ rule, matches }) => ({
        rule,
        matches: matches.filter((each) => canApply(each, listed)),
      }))
      .filter(({ matches }) => matches.length > 0)
      .map((rule) => planRule(rule, ports)),
  };
}

/** Whether the route lists one of the match's gateways. */
function canApply({ gateways }: Match, listed: readonly string[]): boolean {
  return gateways.length === 0 || gateways.some((gateway) => listed.includes(gateway));
}

function planRule({ rule, matches }: Rule, ports: ReadonlyMap<string, number>): RulePlan {
  const backends = rule.at("backendRefs").items();
  const destinations = backends.map((backend): DestinationPlan => {
    const host = backendHost(backend);
    const port = ports.get(host);
    const kind =
      port !== undefined ? "provider" : isMeshGateway(host, matches) ? "gateway" : "unserved";
    const weight = backends.length === 1 ? 100 : (backend.value.weight ?? 0);
    return { host, port: port ?? defaultPort, kind, weight };
  });
  return { name: rule.value.name, matches: matches.map(planMatch), destinations };
}

function planMatch({ match, gateways }: Match): MatchPlan {
  return { gateways, headers: planHeaders(match), sourceLabels: match.value.sourceLabels ?? {} };
}

function planHeaders({ value }: Cursor<RouteMatch>): HeaderMatchPlan[] {
  return Object.entries(value.headers ?? {}).map(([name, condition]): HeaderMatchPlan => {
    const kind =
      condition.exact !== undefined ? "exact" : condition.prefix !== undefined ? "prefix" : "regex";
    return { name: name.toLowerCase(), kind, value: condition[kind] ?? "" };
  });
}
