// Plan → the objects that the cluster is to have, each with the resources that it comes from. Pure.
import { formatResource } from "../diagnostics.ts";
import type { IstioOptions } from "../emit/istio/options.ts";
import { type Emitted, toIstioResources } from "../emit/istio/resources.ts";
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
  const all = toIstioResources(plan, options).map((each) => toOne(each, sourceOf));
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

function toOne(emitted: Emitted, sourceOf: (route: RoutePlan) => string): Desired {
  // As the API stores it: without fields that are undefined.
  const json = JSON.stringify(emitted.resource);
  const bytes = Buffer.byteLength(json);
  const object = JSON.parse(json) as ManagedObject;
  const { sources, source = sources[0] ?? "" } = sourcesOf(emitted, sourceOf);
  const metadata = { ...object.metadata, annotations: { [sourceAnnotation]: source } };
  return { object: { ...object, metadata }, sources, bytes };
}

/** `source`, if it is not the only one, stands for all of them. */
function sourcesOf(
  emitted: Emitted,
  sourceOf: (route: RoutePlan) => string,
): { sources: string[]; source?: string } {
  if ("route" in emitted) return { sources: [sourceOf(emitted.route)] };
  if ("provider" in emitted) return { sources: [providerName(emitted.provider)] };
  // It is for all providers of the namespace that name the workload.
  const { namespace, providers } = emitted.workload;
  return { sources: providers.map(providerName), source: `LLMProvider ${namespace}/*` };
}
