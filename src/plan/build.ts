// Resources → plan. Pure; the resources have been validated.
import type { Cursor } from "../model/cursor.ts";
import type { RouteMatch } from "../api/generated.ts";
import { toMs } from "../model/durations.ts";
import { endpointLines } from "../model/endpoints.ts";
import {
  configsOf,
  defaultConfigOf,
  environmentName,
  routeConfigsOf,
  secretHeadersOf,
} from "../model/provider.ts";
import type { ProviderResource, Resources, RouteResource } from "../model/resource.ts";
import {
  backendHost,
  isMeshGateway,
  listedGateways,
  type Match,
  namedGateways,
  type Rule,
  type RouteRuleOf,
  rulesByHost,
  rulesOf,
  settingsKeys,
} from "../model/route.ts";
import type {
  ConnectionPlan,
  DestinationPlan,
  HeaderMatchPlan,
  MatchPlan,
  Plan,
  ProviderPlan,
  RoutePlan,
  RouteSettingsPlan,
  RulePlan,
  TlsPlan,
} from "./plan.ts";
import { buildSettings, toReference } from "./settings.ts";

/** The port of a provider that names none. */
export const defaultPort = 443;
const defaultPath = "/v1/chat/completions";

/** The plan of all resources. A destination that no provider serves is kept, and marked as such. */
export function buildPlan(resources: Resources): Plan {
  const rules = rulesByHost(resources.routes);
  const providers = resources.providers
    .map((provider) => planProvider(provider, rules.get(provider.value.spec.host) ?? []))
    .sort(byFullName);
  const byHost: Providers = new Map(providers.map((provider) => [provider.host, provider]));
  const routes = resources.routes.map((route) => planRoute(route, byHost)).sort(byFullName);
  const authorities = [...new Set(routes.map((route) => route.host))].sort();
  return { providers, routes, authorities };
}

type Providers = ReadonlyMap<string, ProviderPlan>;

type Named = Record<"namespace" | "name", string>;

/** By namespace and name. */
export function byFullName(a: Named, b: Named): number {
  return compare(a.namespace, b.namespace) || compare(a.name, b.name);
}

/** By code unit: the order must not depend on the machine's locale. */
function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function planProvider(provider: ProviderResource, rules: readonly RouteRuleOf[]): ProviderPlan {
  const { spec } = provider.value;
  return {
    name: provider.resource.name,
    namespace: provider.resource.namespace,
    host: spec.host,
    port: spec.port ?? defaultPort,
    tls: planTls(spec.tls),
    connection: planConnection(spec.connection),
    path: spec.path ?? defaultPath,
    endpoints: endpointLines(spec.endpoints),
    removedHeaders: (spec.headers?.remove ?? []).map((name) => name.toLowerCase()),
    setHeaders: lowerNames(spec.headers?.set ?? {}),
    secretHeaders: planSecretHeaders(provider),
    defaultHeaders: planDefaultHeaders(provider),
    workloadLabels: spec.workloadSelector?.labels ?? {},
    settings: buildSettings(defaultConfigOf(provider)),
    routeSettings: planRouteSettings(provider, rules),
  };
}

function lowerNames(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]),
  );
}

function planSecretHeaders(provider: ProviderResource): Record<string, string> {
  const references = secretHeadersOf(provider).map(([name, { value }]) => [
    name.toLowerCase(),
    toReference(value),
  ]);
  return Object.fromEntries(references) as Record<string, string>;
}

/** Anthropic requires its version, which its own clients send. */
function planDefaultHeaders(provider: ProviderResource): Record<string, string> {
  const { endpoints, headers } = provider.value.spec;
  const isSet = Object.keys({ ...headers?.set, ...headers?.setSecretRefs }).some((name) =>
    /^anthropic[-_]version$/i.test(name),
  );
  const isAnthropics = configsOf(provider).some(({ value }) =>
    /^x[-_]api[-_]key$/i.test(value.auth?.header ?? ""),
  );
  const isNeeded = !isSet && isAnthropics && endpoints?.includes("messages") === true;
  return isNeeded ? { "anthropic-version": "2023-06-01" } : {};
}

function planRouteSettings(
  provider: ProviderResource,
  rules: readonly RouteRuleOf[],
): RouteSettingsPlan[] {
  const base = defaultConfigOf(provider);
  const configs = new Map(routeConfigsOf(provider));
  return rules
    .flatMap(({ route, rule }): RouteSettingsPlan[] => {
      const name = rule.value.name;
      const key = settingsKeys(route, name).find((each) => configs.has(each));
      if (key === undefined) return [];
      const { namespace, name: routeName } = route.resource;
      const settings = buildSettings(base, configs.get(key));
      return [{ rule: name, route: { namespace, name: routeName }, settings }];
    })
    .sort((a, b) => compare(a.rule, b.rule) || byFullName(a.route, b.route));
}

/** uvicorn closes an unused connection after 5 s, and load balancers after a minute. */
const idleTimeout = "4s";

/** The connection if the resource says nothing of it. */
export const defaultConnection = planConnection();

function planConnection({
  idleTimeout: idle = idleTimeout,
  connectTimeout = "10s",
  keepalive = "60s",
  http2 = false,
  proxy,
}: NonNullable<ProviderResource["value"]["spec"]["connection"]> = {}): ConnectionPlan {
  const connection = {
    idleTimeoutMs: toMs(idle),
    connectTimeoutMs: toMs(connectTimeout),
    keepaliveMs: toMs(keepalive),
    http2,
  };
  if (proxy === undefined) return connection;
  const { host, port } = proxy;
  const authorization = environmentName(proxy.authorization);
  const own = { host, port, ...(authorization === undefined ? {} : { authorization }) };
  return { ...connection, proxy: own };
}

function planTls(tls: ProviderResource["value"]["spec"]["tls"]): TlsPlan {
  if (tls?.mode === "DISABLE") return { mode: "DISABLE" };
  const { caCertificates } = tls ?? {};
  return caCertificates === undefined ? { mode: "SIMPLE" } : { mode: "SIMPLE", caCertificates };
}

function planRoute(route: RouteResource, providers: Providers): RoutePlan {
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
      .map((rule) => planRule(rule, providers)),
  };
}

/** Whether the route lists one of the match's gateways. */
function canApply({ gateways }: Match, listed: readonly string[]): boolean {
  return gateways.length === 0 || gateways.some((gateway) => listed.includes(gateway));
}

function planRule({ rule, matches }: Rule, providers: Providers): RulePlan {
  const backends = rule.at("backendRefs").items();
  const destinations = backends.map((backend): DestinationPlan => {
    const host = backendHost(backend);
    const provider = providers.get(host);
    const kind =
      provider !== undefined ? "provider" : isMeshGateway(host, matches) ? "gateway" : "unserved";
    const weight = backends.length === 1 ? 100 : (backend.value.weight ?? 0);
    const usesTls = provider?.tls.mode === "SIMPLE";
    return { host, port: provider?.port ?? defaultPort, kind, usesTls, weight };
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
