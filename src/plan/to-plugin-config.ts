import { referencesOf, settingsOf, variablesOf } from "../model/plugin-settings.ts";
import { environmentName } from "../model/provider.ts";
import { isForGateways } from "./matches.ts";
import type { DestinationPlan, Endpoint, Plan, ProviderPlan, RouteSettingsPlan } from "./plan.ts";
import type { PluginConfig, PluginProvider, PluginSettings } from "../../contract/plugin-config.ts";

/**
 * What an emitter adds to the plan: its names for clusters, and the addresses at which it listens
 * itself.
 */
export interface PluginContext {
  /** The clusters by which requests may go to the provider. Each leads to it alone. */
  clustersOf(provider: ProviderPlan): readonly string[];
  /** Clusters whose requests are refused. */
  unservedClusters: readonly string[];
  /** What names the LLMRoute's routes in Envoy, if their names alone are not enough. */
  virtualServicesOf?(route: RouteSettingsPlan["route"]): string[];
  ownAuthorities: readonly string[];
  maxSources: number;
  /** The cluster that hands out the keys that are named by reference. */
  keyCluster?: string;
  maxModels: number;
}

/** The plan as the filter reads it: the same plan gives the same JSON. */
export function toPluginConfig(plan: Plan, context: PluginContext): PluginConfig {
  const routes = routesByEndpoint(plan);
  const sets = new Map(plan.providers.map(({ endpoints }) => [endpoints.join("\n"), endpoints]));
  const keys = [...sets.keys()];
  return {
    version: 1,
    authorities: unique([...plan.authorities, ...context.ownAuthorities]),
    maxSources: context.maxSources,
    ...(context.keyCluster !== undefined && { keyServer: { cluster: context.keyCluster } }),
    maxModels: context.maxModels,
    unservedClusters: unique(context.unservedClusters),
    endpoints: [...sets.values()],
    providers: plan.providers.map((provider) => ({
      name: `${provider.namespace}/${provider.name}`,
      clusters: [...context.clustersOf(provider)],
      path: provider.path,
      endpoints: keys.indexOf(provider.endpoints.join("\n")),
      ...(provider.removedHeaders.length > 0 && { removedHeaders: provider.removedHeaders }),
      ...headersOf(provider),
      ...onlyRoute(routes.get(endpointKey(provider)), provider),
      settings: provider.settings,
      routes: provider.routeSettings.map(({ rule, route, settings }) => ({
        name: rule,
        ...(context.virtualServicesOf && { virtualServices: context.virtualServicesOf(route) }),
        settings,
      })),
    })),
  };
}

function headersOf({ setHeaders, secretHeaders, defaultHeaders }: ProviderPlan): object {
  const headers = Object.entries({ setHeaders, secretHeaders, defaultHeaders });
  return Object.fromEntries(headers.filter(([, each]) => Object.keys(each).length > 0));
}

/** The hosts that rules lead to and no provider has. */
export function unservedDestinations({ routes }: Plan): DestinationPlan[] {
  return routes
    .flatMap((route) => route.rules)
    .flatMap((rule) => rule.destinations)
    .filter((destination) => destination.kind === "unserved");
}

type RouteNames = Set<string | undefined>;

/**
 * The names of the rules that lead to each endpoint; Rules that only sidecars, or some of them,
 * apply are undefined.
 */
function routesByEndpoint(plan: Plan): Map<string, RouteNames> {
  const routes = new Map<string, RouteNames>();
  for (const rule of plan.routes.flatMap((route) => route.rules)) {
    const name = rule.matches.some(isForGateways) ? rule.name : undefined;
    for (const key of rule.destinations.map(endpointKey)) {
      const names = routes.get(key);
      if (names === undefined) routes.set(key, new Set([name]));
      else names.add(name);
    }
  }
  return routes;
}

function endpointKey({ host, port }: Endpoint): string {
  return `${host}:${port}`;
}

/**
 * The rule that routes all requests to the provider, if there is only one and no settings depend on
 * it.
 */
function onlyRoute(
  names: RouteNames = new Set(),
  { routeSettings }: ProviderPlan,
): Pick<PluginProvider, "route"> {
  const [route] = names;
  const isAsked = names.size > 1 || routeSettings.length > 0;
  return route === undefined || isAsked ? {} : { route };
}

/** The environment variables that hold keys and headers, by name, sorted. */
export function environmentNames(plan: Plan): string[] {
  const headers = plan.providers.flatMap(({ setHeaders }) => Object.values(setHeaders));
  const inHeaders = headers.flatMap((value) => environmentName(value) ?? []);
  return unique([...allSettings(plan).flatMap(variablesOf), ...inHeaders]);
}

/** The references of keys in Secrets, `NAME/KEY`, sorted. */
export function keyReferences(plan: Plan): string[] {
  return unique(
    plan.providers.flatMap(({ settings, routeSettings, secretHeaders }) =>
      referencesOf(settingsOf(settings, routeSettings), secretHeaders),
    ),
  );
}

function allSettings({ providers }: Plan): PluginSettings[] {
  return providers.flatMap(({ settings, routeSettings }) => settingsOf(settings, routeSettings));
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
