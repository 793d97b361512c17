// Plugin configurations for tests that run the filter: a provider whose host, cluster and key follow from one name.
import type {
  PluginConfig,
  PluginMember,
  PluginProvider,
  PluginSettings,
} from "../../contract/plugin-config.ts";

/** The cluster that leads to a host, named as in Istio. */
export function clusterOf(host: string): string {
  return `outbound|443||${host}`;
}

/** What a test says about a provider; the rest is as for OpenAI's own API. */
export interface ProviderChanges extends Partial<Omit<PluginProvider, "settings">> {
  settings?: Partial<PluginSettings>;
}

/** A provider at `host`, with the key `sk-HOST` in `authorization` and nothing else that is managed. */
export function provider(host: string, changes: ProviderChanges = {}): PluginProvider {
  return {
    name: `test/${host}`,
    clusters: [clusterOf(host)],
    path: "/v1/chat/completions",
    routes: {},
    ...changes,
    settings: settings({ apiKey: `sk-${host}`, ...changes.settings }),
  };
}

/** The settings of a provider, or of one of its routes, without a key. */
export function settings(changes: Partial<PluginSettings> = {}): PluginSettings {
  return { authHeader: "authorization", authPrefix: "Bearer ", members: [], ...changes };
}

/** A configuration for these providers, each of which may be addressed by the host of each of its clusters. */
export function pluginConfig(
  providers: PluginProvider[],
  changes: Partial<PluginConfig> = {},
): PluginConfig {
  const clusters = providers.flatMap((each) => each.clusters);
  const authorities = clusters.map((cluster) => cluster.split("||")[1] ?? "");
  return {
    version: 1,
    authorities,
    maxSources: 200,
    unservedClusters: [],
    providers,
    ...changes,
  };
}

/** What `usage: Auto` makes of a provider about whose streams nothing is said. */
export const asksForUsage: PluginMember[] = [
  { name: "stream", stream: true },
  { name: "stream_options", default: '{"include_usage":true}', forStreams: true },
];
