// Plan → Envoy's bootstrap: one gateway that needs no control plane. All decisions are in the plan.
import type { Plan } from "../../plan/plan.ts";
import { type Cluster, toCluster, tunnelOf } from "./cluster.ts";
import { internalListeners } from "./connection.ts";
import { type Listener, toListener } from "./listener.ts";
import type { AdminAddress, EnvoyOptions } from "./options.ts";
import { statsConfig } from "./stats.ts";
import { socketAddress, typedConfig } from "./typed-config.ts";

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
  const tunnels = plan.providers.flatMap((provider) => tunnelOf(provider, options) ?? []);
  const clusters = plan.providers.map((provider) => toCluster(provider, options));
  return {
    node: { id: "llm-egress", cluster: "llm-egress" },
    ...(options.admin === undefined ? {} : { admin: { address: toAddress(options.admin) } }),
    stats_config: statsConfig(),
    layered_runtime: layeredRuntime(),
    overload_manager: overloadManager(),
    ...(tunnels.length === 0 ? {} : { bootstrap_extensions: [internalListeners] }),
    static_resources: {
      listeners: [toListener(plan, options), ...tunnels.map(({ listener }) => listener)],
      clusters: [...clusters, ...tunnels.map(({ cluster }) => cluster)],
    },
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
