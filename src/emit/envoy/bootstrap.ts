// Plan → Envoy's bootstrap: one gateway that needs no control plane. All decisions are in the plan.
import type { Plan } from "../../plan/plan.ts";
import { type Cluster, toCluster, toKeyCluster, tunnelOf } from "./cluster.ts";
import { internalListeners } from "./connection.ts";
import { type Listener, toListener } from "./listener.ts";
import type { AdminAddress, EnvoyOptions } from "./options.ts";
import { statsConfig } from "./stats.ts";
import { socketAddress, typedConfig } from "../typed-config.ts";

export interface Bootstrap {
  node: { id: string; cluster: string };
  admin?: object;
  stats_config: object;
  layered_runtime: object;
  overload_manager: object;
  bootstrap_extensions?: object[];
  static_resources: { listeners: (Listener | object)[]; clusters: (Cluster | object)[] };
}

/** The bootstrap of an Envoy that serves as the plan's gateway. */
export function toBootstrap(plan: Plan, options: EnvoyOptions): Bootstrap {
  const { listeners, clusters, hasTunnels } = toResources(plan, options);
  return {
    ...withoutResources(options),
    ...(hasTunnels ? { bootstrap_extensions: [internalListeners] } : {}),
    static_resources: { listeners, clusters },
  };
}

/** A cluster of a provider, or of its proxy. */
export type Named = Cluster | { name: string };

function toResources(
  plan: Plan,
  options: EnvoyOptions,
): { listeners: (Listener | object)[]; clusters: Named[]; hasTunnels: boolean } {
  const tunnels = plan.providers.flatMap((provider) => tunnelOf(provider, options) ?? []);
  const clusters = plan.providers.map((provider) => toCluster(provider, options));
  return {
    listeners: [
      toListener(plan, options),
      ...tunnels.map(({ listener: { name, ...rest } }) => ({
        name,
        internal_listener: {},
        ...rest,
      })),
    ],
    clusters: [...clusters, ...tunnels.map(({ cluster }) => cluster)],
    hasTunnels: tunnels.length > 0,
  };
}

/** Files from which Envoy reads its listener and its clusters, again when they are replaced. */
export interface ResourceFiles {
  listeners: string;
  clusters: string;
}

/** The bootstrap of an Envoy whose listener and clusters are in files. */
export function toFileBootstrap(options: EnvoyOptions, files: ResourceFiles): object {
  const { keySocket } = options;
  const source = (path: string): object => ({ path_config_source: { path } });
  return {
    ...withoutResources(options),
    // A changed resource may need it.
    bootstrap_extensions: [internalListeners],
    dynamic_resources: {
      cds_config: source(files.clusters),
      lds_config: source(files.listeners),
    },
    static_resources: { clusters: keySocket === undefined ? [] : [toKeyCluster(keySocket)] },
  };
}

/**
 * What is in these files. Clusters of `before` that the plan does not have stay: a request may still
 * be under way there.
 */
export function toResourceFiles(
  plan: Plan,
  options: EnvoyOptions,
  before: readonly Named[],
): { listeners: object; clusters: object; all: Named[] } {
  const { listeners, clusters } = toResources(plan, options);
  const names = new Set(clusters.map(({ name }) => name));
  const all = [...clusters, ...before.filter(({ name }) => !names.has(name))];
  const typed = (message: string, resources: object[]): object => ({
    resources: resources.map((resource) => typedConfig(message, { ...resource })),
  });
  return {
    listeners: typed("envoy.config.listener.v3.Listener", listeners),
    clusters: typed("envoy.config.cluster.v3.Cluster", all),
    all,
  };
}

function withoutResources(options: EnvoyOptions): Omit<Bootstrap, "static_resources"> {
  return {
    node: { id: "llm-egress", cluster: "llm-egress" },
    ...(options.admin === undefined ? {} : { admin: { address: toAddress(options.admin) } }),
    stats_config: statsConfig(),
    layered_runtime: layeredRuntime(),
    overload_manager: overloadManager(),
  };
}

function toAddress(admin: AdminAddress): object {
  // Only the owner may connect: the interface shows the configuration, and can stop Envoy.
  return "socket" in admin ? { pipe: { path: admin.socket, mode: 0o600 } } : socketAddress(admin);
}

/** Istio's value: by default Envoy refuses a regular expression of some hundred characters. */
const maxRegexProgram = 32_768;

function layeredRuntime(): object {
  const static_layer = { "re2.max_program_size.error_level": maxRegexProgram };
  return { layers: [{ name: "static", static_layer }] };
}

function overloadManager(): object {
  const message =
    "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig";
  const monitor = {
    name: "envoy.resource_monitors.global_downstream_max_connections",
    typed_config: typedConfig(message, { max_active_downstream_connections: 50_000 }),
  };
  return { resource_monitors: [monitor] };
}
