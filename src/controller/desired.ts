// Plan → the objects that the cluster is to have, each with the resources that it comes from. Pure.
import { formatResource } from "../diagnostics.ts";
import { toDestinationRule } from "../emit/istio/destination-rule.ts";
import { toLocalReplies, toTunnelFilter } from "../emit/istio/envoy-filter.ts";
import type { IstioOptions } from "../emit/istio/options.ts";
import { routedHostsOf, toServiceEntry } from "../emit/istio/service-entry.ts";
import { toVirtualServices } from "../emit/istio/virtual-service.ts";
import { toWasmPlugin } from "../emit/istio/wasm-plugin.ts";
import { type Workload, workloadsOf } from "../emit/istio/workload.ts";
import type { KubeObject } from "../kube/client.ts";
import type { Plan, ProviderPlan, RoutePlan } from "../plan/plan.ts";

/** The kinds that the controller writes, with their collections. */
export const collectionPaths = {
  DestinationRule: "/apis/networking.istio.io/v1beta1/destinationrules",
  WasmPlugin: "/apis/extensions.istio.io/v1alpha1/wasmplugins",
  ServiceEntry: "/apis/networking.istio.io/v1beta1/serviceentries",
  VirtualService: "/apis/networking.istio.io/v1beta1/virtualservices",
  EnvoyFilter: "/apis/networking.istio.io/v1alpha3/envoyfilters",
} as const;

export type Kind = keyof typeof collectionPaths;

export const sourceAnnotation = "llm-egress/source";

export interface ManagedObject {
  apiVersion: string;
  kind: Kind;
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations: Record<string, string>;
  };
  spec: object;
}

export interface Desired {
  object: ManagedObject;
  /** The resources that it comes from, as `formatResource` writes them. */
  sources: readonly string[];
  /** As JSON, which is how the API stores it. */
  bytes: number;
}

/** `KIND NAMESPACE/NAME` of an object. */
export function idOf({ kind, metadata }: Pick<KubeObject, "kind" | "metadata">): string {
  return formatResource({ kind, namespace: metadata.namespace ?? "", name: metadata.name });
}

/**
 * The objects of a plan, by id. Of two with the same id, the plan's first resource has it; the
 * sources of the others are in `clashes`, each with the id.
 */
export function toDesired(
  plan: Plan,
  options: IstioOptions,
  sourceOf: (route: RoutePlan) => string,
): { desired: Map<string, Desired>; clashes: Map<string, string> } {
  const routedHosts = routedHostsOf(plan);
  const all = [
    ...plan.providers.flatMap((provider) => {
      const objects = [
        toDestinationRule(provider),
        toTunnelFilter(provider),
        toServiceEntry(provider, routedHosts),
      ];
      return objects.map((object) => toOne(object, [providerName(provider)]));
    }),
    ...workloadsOf(plan).map((workload) => {
      const plugin = toWasmPlugin(workload, plan, options);
      return toShared(plugin, workload);
    }),
    ...(options.localReplies === "openai" ? workloadsOf(plan) : []).map((workload) =>
      toShared(toLocalReplies(workload), workload),
    ),
    ...plan.routes.flatMap((route) =>
      toVirtualServices(route, options).map((object) => toOne(object, [sourceOf(route)])),
    ),
  ].flatMap((each) => each ?? []);
  const desired = new Map<string, Desired>();
  const clashes = new Map<string, string>();
  for (const each of all) {
    const id = idOf(each.object);
    if (!desired.has(id)) desired.set(id, each);
    else for (const source of each.sources) clashes.set(source, id);
  }
  return { desired, clashes };
}

export function providerName({ namespace, name }: ProviderPlan): string {
  return formatResource({ kind: "LLMProvider", namespace, name });
}

export function routeName({ namespace, name }: RoutePlan): string {
  return formatResource({ kind: "LLMRoute", namespace, name });
}

/** What is for all providers of a namespace that name the same workload. */
function toShared(emitted: object, { namespace, providers }: Workload): Desired | undefined {
  return toOne(emitted, providers.map(providerName), `LLMProvider ${namespace}/*`);
}

function toOne(
  emitted: object | undefined,
  sources: string[],
  source = sources[0] ?? "",
): Desired | undefined {
  if (emitted === undefined) return undefined;
  // As the API stores it: without fields that are undefined.
  const json = JSON.stringify(emitted);
  const bytes = Buffer.byteLength(json);
  const object = JSON.parse(json) as ManagedObject;
  const { metadata } = object;
  const annotations = { [sourceAnnotation]: source };
  return { object: { ...object, metadata: { ...metadata, annotations } }, sources, bytes };
}
