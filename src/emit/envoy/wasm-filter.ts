import type { Plan } from "../../plan/plan.ts";
import {
  environmentNames,
  toPluginConfig,
  unservedDestinations,
} from "../../plan/to-plugin-config.ts";
import { clusterName, keyCluster } from "./cluster.ts";
import { type EnvoyOptions, formatAddress } from "./options.ts";
import { type Extension, typedConfig } from "../typed-config.ts";

/** The filter with the plan as its configuration. */
export function toWasmFilter(plan: Plan, options: EnvoyOptions): Extension {
  const config = toPluginConfig(plan, {
    clustersOf: (provider) => [clusterName(provider)],
    unservedClusters: unservedDestinations(plan).map(clusterName),
    ownAuthorities: ownAuthorities(options),
    maxSources: options.maxSources,
    ...(options.keySocket === undefined ? {} : { keyCluster }),
    maxModels: options.maxModels,
  });
  return {
    name: "llm-egress",
    typed_config: typedConfig("envoy.extensions.filters.http.wasm.v3.Wasm", {
      config: {
        name: "llm-egress",
        root_id: "llm-egress",
        // Never FAIL_OPEN: a request that the filter has not seen must not leave.
        failure_policy: "FAIL_RELOAD",
        configuration: typedConfig("google.protobuf.StringValue", {
          value: JSON.stringify(config, null, 2),
        }),
        vm_config: vmConfig(plan, options),
      },
    }),
  };
}

function vmConfig(plan: Plan, options: EnvoyOptions): object {
  return {
    vm_id: "llm-egress",
    runtime: "envoy.wasm.runtime.v8",
    code: { local: { filename: options.wasmFile } },
    // Names only: Envoy reads the keys from its own environment.
    environment_variables: { host_env_keys: environmentNames(plan) },
  };
}

/** How clients address the listener itself. */
function ownAuthorities({ listen: { host, port } }: EnvoyOptions): string[] {
  const names = new Set([host]);
  if (["127.0.0.1", "0.0.0.0", "::1", "::"].includes(host)) names.add("localhost");
  if (host === "0.0.0.0" || host === "::") names.add("127.0.0.1");
  if (host === "::") names.add("::1");
  const addresses = [...names].map((name) => formatAddress({ host: name, port }));
  // Clients omit HTTP's default port.
  return port === 80
    ? addresses.flatMap((each) => [each, each.slice(0, -":80".length)])
    : addresses;
}
