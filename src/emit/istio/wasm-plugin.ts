import type { IWasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1";
import type { Plan, ProviderPlan } from "../../plan/plan.ts";
import {
  environmentNames,
  type PluginContext,
  toPluginConfig,
  unservedDestinations,
} from "../../plan/to-plugin-config.ts";
import { toMetadata } from "./metadata.ts";
import type { FailStrategy, IstioOptions } from "./options.ts";
import { pluginName } from "./plugin-name.ts";
import { clusterName, plainClusterNames, type Target, toTarget } from "./provider-ports.ts";
import { virtualServicesOf } from "./virtual-service.ts";
import { foreignProviders, type Workload } from "./workload.ts";

/** The package's types are those of Istio 1.18, which had no failStrategy in its CRD. */
export interface WasmPlugin extends IWasmPlugin {
  spec: NonNullable<IWasmPlugin["spec"]> & { failStrategy: FailStrategy };
}

/**
 * The filter for one workload. It has no phase, so it runs after authentication and authorization:
 * they check the client's own token, and no authorizer sees the provider's key.
 */
export function toWasmPlugin(workload: Workload, plan: Plan, options: IstioOptions): WasmPlugin {
  const { labels, providers } = workload;
  const own: Plan = { ...plan, providers };
  const names = environmentNames(own);
  const env = names.map((name) => ({ name, valueFrom: "HOST" as const }));
  const selector = { matchLabels: labels };
  return {
    apiVersion: "extensions.istio.io/v1alpha1",
    kind: "WasmPlugin",
    metadata: toMetadata({ name: pluginName(workload), namespace: workload.namespace }),
    spec: {
      ...(Object.keys(labels).length > 0 ? { selector } : {}),
      // Outbound requests only. A sidecar's inbound requests need no filter, and must not fail if
      // it can't be loaded.
      match: [{ mode: "CLIENT" }],
      url: options.wasmUrl,
      ...digestOf(options),
      // A module that was pulled before is enough. With Always, an unavailable registry would stop
      // the gateway at the next change.
      imagePullPolicy: "IfNotPresent",
      pluginName: "llm-egress",
      failStrategy: options.failStrategy,
      // Names only: the proxy reads the keys from its own environment.
      ...(env.length > 0 ? { vmConfig: { env } } : {}),
      pluginConfig: toPluginConfig(own, {
        ...clustersOf(workload, plan, options),
        ...(options.contents === "all" ? { virtualServicesOf } : {}),
        ownAuthorities: [],
        maxSources: options.maxSources,
        ...(options.keyCluster === undefined ? {} : { keyCluster: options.keyCluster }),
      }),
    },
  };
}

/**
 * What leads to a provider in another way than our routes do is refused: its connection may have no
 * TLS, or the provider is another workload's.
 */
function clustersOf(
  workload: Workload,
  plan: Plan,
  { contents }: IstioOptions,
): Pick<PluginContext, "clustersOf" | "unservedClusters"> {
  const served = (provider: ProviderPlan): string[] =>
    provider.tls.mode === "SIMPLE" && contents === "all"
      ? [clusterName(toTarget(provider))]
      : plainClusterNames(provider);
  const own = new Set(workload.providers.flatMap(served));
  const known = [...workload.providers, ...foreignProviders(workload, plan)].map(toTarget);
  const others = [...known, ...unservedDestinations(plan)].flatMap(clusterNames);
  return {
    clustersOf: served,
    unservedClusters: others.filter((name) => !own.has(name)),
  };
}

function clusterNames(target: Target): string[] {
  return [clusterName(target), ...plainClusterNames(target)];
}

function digestOf({ wasmUrl, wasmSha256 }: IstioOptions): { sha256?: string } {
  const digest = wasmSha256 ?? /@sha256:([0-9a-f]{64})$/.exec(wasmUrl)?.[1];
  return digest === undefined ? {} : { sha256: digest };
}
