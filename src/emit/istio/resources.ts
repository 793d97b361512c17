// Plan → Istio's resources. All decisions are in the plan.
import type {
  IDestinationRule,
  IServiceEntry,
  IVirtualService,
} from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { Plan, ProviderPlan, RoutePlan } from "../../plan/plan.ts";
import { toDestinationRule } from "./destination-rule.ts";
import { type EnvoyFilter, toLocalReplies, toTunnelFilter } from "./envoy-filter.ts";
import type { IstioOptions } from "./options.ts";
import { routedHostsOf, toServiceEntry } from "./service-entry.ts";
import { toVirtualServices } from "./virtual-service.ts";
import { toWasmPlugin, type WasmPlugin } from "./wasm-plugin.ts";
import { type Workload, workloadsOf } from "./workload.ts";

export type IstioResource =
  IDestinationRule | IServiceEntry | IVirtualService | WasmPlugin | EnvoyFilter;

/** A resource, and the part of the plan that it is for. */
export type Emitted = { resource: IstioResource } & (
  { provider: ProviderPlan } | { workload: Workload } | { route: RoutePlan }
);

/**
 * Everything that a mesh needs for the plan, in the order in which it must be applied: TLS before
 * the address that needs it, the filter before the routes that lead requests to it. So no key and
 * no unfiltered request ever leaves in clear text.
 */
export function toIstioResources(plan: Plan, options: IstioOptions): Emitted[] {
  const workloads = workloadsOf(plan);
  const plugins = workloads.map((workload) => {
    return { resource: toWasmPlugin(workload, plan, options), workload };
  });
  if (options.contents === "plugins") return plugins;
  const routedHosts = routedHostsOf(plan);
  const ofProviders = (emit: (provider: ProviderPlan) => IstioResource | undefined): Emitted[] =>
    plan.providers.flatMap((provider) => {
      const resource = emit(provider);
      return resource === undefined ? [] : [{ resource, provider }];
    });
  const replies = options.localReplies === "openai" ? workloads : [];
  return [
    ...ofProviders(toDestinationRule),
    ...ofProviders(toTunnelFilter),
    ...ofProviders((provider) => toServiceEntry(provider, routedHosts)),
    ...plugins,
    ...replies.map((workload) => ({ resource: toLocalReplies(workload), workload })),
    ...plan.routes.flatMap((route) =>
      toVirtualServices(route, options).map((resource) => ({ resource, route })),
    ),
  ];
}
