import type { IWasmPlugin } from "@kubernetes-models/istio/extensions.istio.io/v1alpha1";
import type { Plan } from "../../plan/plan.ts";
import { environmentNames, toPluginConfig } from "../../plan/to-plugin-config.ts";
import { toMetadata } from "./metadata.ts";
import type { FailStrategy, IstioOptions } from "./options.ts";
import { pluginName } from "./plugin-name.ts";
import { clusterNames } from "./provider-ports.ts";
import type { Workload } from "./workload.ts";

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
      // Requests that leave: what sidecars let in is not the filter's, and must not fail if the
      // filter can't be loaded.
      match: [{ mode: "CLIENT" }],
      url: options.wasmUrl,
      ...digestOf(options),
      // A module that is there already is enough: with Always, a registry that is away would stop
      // the gateway at the next change.
      imagePullPolicy: "IfNotPresent",
      pluginName: "llm-egress",
      failStrategy: options.failStrategy,
      // Names alone: the keys are in no resource.
      ...(env.length > 0 ? { vmConfig: { env } } : {}),
      pluginConfig: toPluginConfig(own, {
        clustersOf: clusterNames,
        ownAuthorities: [],
        maxSources: options.maxSources,
      }),
    },
  };
}

function digestOf({ wasmUrl, wasmSha256 }: IstioOptions): { sha256?: string } {
  const digest = wasmSha256 ?? /@sha256:([0-9a-f]{64})$/.exec(wasmUrl)?.[1];
  return digest === undefined ? {} : { sha256: digest };
}
