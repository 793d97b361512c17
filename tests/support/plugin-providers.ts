// Plugin configurations for tests that run the filter. The host, the cluster and the key of a
// provider are derived from one name.
import type {
  PluginConfig,
  PluginMember,
  PluginProvider,
  PluginSettings,
} from "../../contract/plugin-config.ts";

import { endpointLines } from "../../src/model/endpoints.ts";

/** The name of the cluster for a host, as Istio names it. */
export function clusterOf(host: string): string {
  return `outbound|443||${host}`;
}

/** What a test specifies for a provider. Everything else is as for OpenAI's own API. */
export interface ProviderChanges extends Partial<Omit<PluginProvider, "settings">> {
  settings?: Partial<PluginSettings>;
}

/**
 * A provider at `host`, with the key `sk-HOST` in `authorization` and no other managed settings.
 */
export function provider(host: string, changes: ProviderChanges = {}): PluginProvider {
  return {
    name: `test/${host}`,
    clusters: [clusterOf(host)],
    path: "/v1/chat/completions",
    endpoints: 0,
    routes: [],
    ...changes,
    settings: settings({ apiKey: `sk-${host}`, ...changes.settings }),
  };
}

/** The settings of a provider, or of one of its routes, without a key. */
export function settings(changes: Partial<PluginSettings> = {}): PluginSettings {
  return { authHeader: "authorization", authPrefix: "Bearer ", members: [], ...changes };
}

/**
 * A configuration for these providers. The host of each of their clusters is an allowed authority.
 */
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
    maxModels: 50,
    unservedClusters: [],
    endpoints: [endpointLines()],
    providers,
    ...changes,
  };
}

/** The members that `usage: Auto` compiles to, for a provider without a setting for `stream`. */
export const asksForUsage: PluginMember[] = [
  { name: "stream", stream: true },
  { name: "stream_options", default: '{"include_usage":true}', forStreams: true },
];
