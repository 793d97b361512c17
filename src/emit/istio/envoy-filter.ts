import { localReplyConfig } from "../local-replies.ts";
import { toMetadata } from "./metadata.ts";
import { pluginName } from "./plugin-name.ts";
import type { Workload } from "./workload.ts";

/** Istio's EnvoyFilter, as far as it is emitted. */
export interface EnvoyFilter {
  apiVersion: "networking.istio.io/v1alpha3";
  kind: "EnvoyFilter";
  metadata: object;
  spec: { workloadSelector?: { labels: Record<string, string> }; configPatches: object[] };
}

const connectionManager = "envoy.filters.network.http_connection_manager";

/**
 * Gives what the workload's gateways answer by themselves the form of OpenAI's errors. Not for
 * sidecars: their listeners are also for calls to other services.
 */
export function toEnvoyFilter(workload: Workload): EnvoyFilter {
  const { labels, namespace } = workload;
  const type = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const typed_config = {
    "@type": `type.googleapis.com/${type}`,
    local_reply_config: localReplyConfig(),
  };
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: toMetadata({ name: `${pluginName(workload)}-local-replies`, namespace }),
    spec: {
      ...(Object.keys(labels).length > 0 ? { workloadSelector: { labels } } : {}),
      configPatches: [
        {
          applyTo: "NETWORK_FILTER",
          match: {
            context: "GATEWAY",
            listener: { filterChain: { filter: { name: connectionManager } } },
          },
          patch: { operation: "MERGE", value: { name: connectionManager, typed_config } },
        },
      ],
    },
  };
}
