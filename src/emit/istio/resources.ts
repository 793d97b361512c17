// Plan → Istio's resources. All decisions are in the plan.
import type {
  IDestinationRule,
  IServiceEntry,
  IVirtualService,
} from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { Plan } from "../../plan/plan.ts";
import { toDestinationRule } from "./destination-rule.ts";
import { type EnvoyFilter, toLocalReplies, toTunnelFilter } from "./envoy-filter.ts";
import type { IstioOptions } from "./options.ts";
import { routedHostsOf, toServiceEntry } from "./service-entry.ts";
import { toVirtualServices } from "./virtual-service.ts";
import { toWasmPlugin, type WasmPlugin } from "./wasm-plugin.ts";
import { workloadsOf } from "./workload.ts";

export type IstioResource =
  IDestinationRule | IServiceEntry | IVirtualService | WasmPlugin | EnvoyFilter;

/**
 * Everything that a mesh needs for the plan, in the order in which it must be applied: TLS before
 * the address that needs it, the filter before the routes that lead requests to it. So no key and
 * no unfiltered request ever leaves in clear text.
 */
export function toIstioResources(plan: Plan, options: IstioOptions): IstioResource[] {
  const { providers, routes } = plan;
  const plugins = workloadsOf(plan).map((workload) => toWasmPlugin(workload, plan, options));
  if (options.contents === "plugins") return plugins;
  const routedHosts = routedHostsOf(plan);
  return [
    ...providers.flatMap((provider) => toDestinationRule(provider) ?? []),
    ...providers.flatMap((provider) => toTunnelFilter(provider) ?? []),
    ...providers.flatMap((provider) => toServiceEntry(provider, routedHosts) ?? []),
    ...plugins,
    ...(options.localReplies === "openai" ? workloadsOf(plan).map(toLocalReplies) : []),
    ...routes.flatMap((route) => toVirtualServices(route, options)),
  ];
}
