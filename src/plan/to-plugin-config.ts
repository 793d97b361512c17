import type { Endpoint, Plan } from "./plan.ts";
import type { PluginConfig, PluginSettings } from "./plugin-config.ts";

/** What an emitter adds to the plan: its names for clusters, and the addresses at which it listens itself. */
export interface PluginContext {
  /** Every cluster that leads to the endpoint, and to it alone. */
  clustersOf(endpoint: Endpoint): readonly string[];
  ownAuthorities: readonly string[];
  maxSources: number;
}

/** The plan as the filter reads it: the same plan gives the same JSON. */
export function toPluginConfig(plan: Plan, context: PluginContext): PluginConfig {
  return {
    version: 1,
    authorities: unique([...plan.authorities, ...context.ownAuthorities]),
    maxSources: context.maxSources,
    unservedClusters: unique(
      plan.routes
        .flatMap((route) => route.rules)
        .flatMap((rule) => rule.destinations)
        .filter((destination) => destination.kind === "unserved")
        .flatMap((destination) => context.clustersOf(destination)),
    ),
    providers: plan.providers.map((provider) => ({
      name: `${provider.namespace}/${provider.name}`,
      clusters: [...context.clustersOf(provider)],
      path: provider.path,
      settings: provider.settings,
      routes: provider.routeSettings,
    })),
  };
}

/** The environment variables that hold keys, by name, sorted. */
export function environmentNames(plan: Plan): string[] {
  const settings = plan.providers.flatMap((provider) => [
    provider.settings,
    ...Object.values(provider.routeSettings),
  ]);
  return unique(settings.flatMap((each) => environmentName(each) ?? []));
}

/** NAME of an `apiKey: ${NAME}`; undefined for a literal key or none. */
export function environmentName({
  apiKey = "",
}: Pick<PluginSettings, "apiKey">): string | undefined {
  return /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/.exec(apiKey)?.[1];
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
