import { tunnelPort } from "../../model/tunnel-port.ts";
import type { ProviderPlan } from "../../plan/plan.ts";
import { localReplyConfig } from "../local-replies.ts";
import { toTunnel } from "../tunnel.ts";
import { socketAddress } from "../typed-config.ts";
import { toMetadata } from "./metadata.ts";
import { pluginName } from "./plugin-name.ts";
import { clusterName, toTarget } from "./provider-ports.ts";
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
export function toLocalReplies(workload: Workload): EnvoyFilter {
  const type = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  const typed_config = {
    "@type": `type.googleapis.com/${type}`,
    local_reply_config: localReplyConfig(),
  };
  const patch = {
    applyTo: "NETWORK_FILTER",
    match: {
      context: "GATEWAY",
      listener: { filterChain: { filter: { name: connectionManager } } },
    },
    patch: { operation: "MERGE", value: { name: connectionManager, typed_config } },
  };
  return toEnvoyFilter(`${pluginName(workload)}-local-replies`, workload, [patch]);
}

/**
 * Gives the proxies that call the provider a tunnel through its proxy; undefined if it has none. A
 * listener on loopback takes the connections, as Istio has no internal listeners for clusters of
 * its own.
 */
export function toTunnelFilter(provider: ProviderPlan): EnvoyFilter | undefined {
  const { connection, name, namespace, workloadLabels: labels } = provider;
  if (connection.proxy === undefined) return undefined;
  const { cluster, listener } = toTunnel(
    provider,
    connection.proxy,
    clusterName(toTarget(provider)),
  );
  const address = socketAddress({ host: "127.0.0.1", port: tunnelPort(provider) });
  const added = { CLUSTER: cluster, LISTENER: { ...listener, address } };
  // Without a context, a sidecar would get each of them twice.
  const patches = ["GATEWAY", "SIDECAR_OUTBOUND"].flatMap((context) =>
    Object.entries(added).map(([applyTo, value]) => ({
      ...{ applyTo, match: { context } },
      patch: { operation: "ADD", value },
    })),
  );
  return toEnvoyFilter(`${name}-proxy`, { labels, namespace }, patches);
}

function toEnvoyFilter(
  name: string,
  { labels, namespace }: Pick<Workload, "labels" | "namespace">,
  configPatches: object[],
): EnvoyFilter {
  return {
    apiVersion: "networking.istio.io/v1alpha3",
    kind: "EnvoyFilter",
    metadata: toMetadata({ name, namespace }),
    spec: {
      ...(Object.keys(labels).length > 0 ? { workloadSelector: { labels } } : {}),
      configPatches,
    },
  };
}
