// Resources → plan. Pure; the resources have been validated.
import type { ProviderConfig, RouteMatch, RouteRule } from "../api/generated.ts";
import {
  namespaceOf,
  type ProviderResource,
  type Resources,
  type RouteResource,
} from "../model/resource.ts";
import { backendHost, fullGatewayName, gatewaysOf, isMeshGateway } from "./destination.ts";
import type { ConfigSource } from "./members.ts";
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

const defaultPort = 443;
const defaultPath = "/v1/chat/completions";

/** The plan of all resources. A destination that no provider serves is kept, and marked so. */
export function buildPlan(resources: Resources): Plan {
  const providers = resources.providers.map(planProvider).sort(byFullName);
  const ports = new Map(providers.map((provider) => [provider.host, provider.port]));
  const routes = resources.routes.map((route) => planRoute(route, ports)).sort(byFullName);
  const authorities = [...new Set(routes.map((route) => route.host))].sort();
  return { providers, routes, authorities };
}

function byFullName(a: ProviderPlan | RoutePlan, b: ProviderPlan | RoutePlan): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

/** By code unit: the order must not depend on where the compiler runs. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function planProvider(resource: ProviderResource): ProviderPlan {
  const { metadata, spec } = resource.value;
  const base = configSource(resource, ["defaultConfig"], spec.configs?.defaultConfig);
  const specific = Object.entries(spec.configs?.routeSpecificConfigs ?? {}).sort(([a], [b]) =>
    compare(a, b),
  );
  return {
    name: metadata.name,
    namespace: namespaceOf(resource),
    host: spec.host,
    port: spec.port ?? defaultPort,
    tls: planTls(spec.tls),
    path: spec.path ?? defaultPath,
    workloadLabels: spec.workloadSelector?.labels ?? {},
    settings: buildSettings(base),
    routeSettings: Object.fromEntries(
      specific.map(([rule, config]) => {
        const own = configSource(resource, ["routeSpecificConfigs", rule], config);
        return [rule, buildSettings(base, own)];
      }),
    ),
  };
}

/** The openAIConfig below `spec.configs`, at `path`, with its exact values. */
export function configSource(
  { document }: ProviderResource,
  path: readonly string[],
  config: ProviderConfig | undefined,
): ConfigSource | undefined {
  if (config?.openAIConfig === undefined) return undefined;
  const root = ["spec", "configs", ...path, "openAIConfig"];
  return {
    config: config.openAIConfig,
    jsonText: (below) => document.jsonText([...root, ...below]),
  };
}

function planTls(tls: ProviderResource["value"]["spec"]["tls"]): TlsPlan {
  if (tls?.mode === "DISABLE") return { mode: "DISABLE" };
  const { caCertificates } = tls ?? {};
  return caCertificates === undefined ? { mode: "SIMPLE" } : { mode: "SIMPLE", caCertificates };
}

function planRoute(resource: RouteResource, ports: ReadonlyMap<string, number>): RoutePlan {
  const { metadata, spec } = resource.value;
  const namespace = namespaceOf(resource);
  return {
    name: metadata.name,
    namespace,
    host: spec.host,
    gateways: (spec.gateways ?? []).map((name) => fullGatewayName(name, namespace)),
    rules: spec.rules
      .map((rule) => planRule(rule, resource, ports))
      .filter((rule) => rule.matches.length > 0),
  };
}

function planRule(
  rule: RouteRule,
  resource: RouteResource,
  ports: ReadonlyMap<string, number>,
): RulePlan {
  const namespace = namespaceOf(resource);
  const matches = matchesOf(rule)
    .map((match) => planMatch(match, resource))
    .filter((match) => canApply(match, resource));
  const gateways = matches.map((match) => match.gateways);
  const destinations = rule.backendRefs.map((backend): DestinationPlan => {
    const host = backendHost(backend, namespace);
    const port = ports.get(host);
    const kind =
      port !== undefined ? "provider" : isMeshGateway(host, gateways) ? "gateway" : "unserved";
    const weight = rule.backendRefs.length === 1 ? 100 : (backend.weight ?? 0);
    return { host, port: port ?? defaultPort, kind, weight };
  });
  return { name: rule.name, matches, destinations };
}

/** A rule without matches matches everything, as does one whose list is empty. */
function matchesOf(rule: RouteRule): RouteMatch[] {
  return rule.matches?.length ? rule.matches : [{}];
}

/** Whether the route lists one of the match's gateways. */
function canApply({ gateways }: MatchPlan, resource: RouteResource): boolean {
  const listed = gatewaysOf(resource.value.spec, undefined, namespaceOf(resource));
  const lists = (gateway: string): boolean =>
    listed.length === 0 ? gateway === "mesh" : listed.includes(gateway);
  return gateways.length === 0 || gateways.some(lists);
}

function planMatch(match: RouteMatch, resource: RouteResource): MatchPlan {
  return {
    gateways: gatewaysOf(resource.value.spec, match, namespaceOf(resource)),
    headers: Object.entries(match.headers ?? {}).map(([name, condition]): HeaderMatchPlan => {
      const kind =
        condition.exact !== undefined
          ? "exact"
          : condition.prefix !== undefined
            ? "prefix"
            : "regex";
      return { name: name.toLowerCase(), kind, value: condition[kind] ?? "" };
    }),
    sourceLabels: match.sourceLabels ?? {},
  };
}
