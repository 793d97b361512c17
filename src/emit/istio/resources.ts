// Plan → Istio's resources. Decides nothing that the plan does not say.
import type {
  IDestinationRule,
  IServiceEntry,
  IVirtualService,
} from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { Plan } from "../../plan/plan.ts";
import { toDestinationRule } from "./destination-rule.ts";
import type { IstioOptions } from "./options.ts";
import { toServiceEntry } from "./service-entry.ts";
import { toVirtualServices } from "./virtual-service.ts";
import { toWasmPlugin, type WasmPlugin } from "./wasm-plugin.ts";
import { workloadsOf } from "./workload.ts";

export type IstioResource = IDestinationRule | IServiceEntry | IVirtualService | WasmPlugin;

/**
 * Everything that a mesh needs for the plan, in the order in which it is to be applied: TLS before
 * the address that needs it, the filter before the routes that lead requests to it, so that at no
 * time a key or an unfiltered request leaves in the clear.
 */
export function toIstioResources(plan: Plan, options: IstioOptions): IstioResource[] {
  const { providers, routes } = plan;
  const plugins = workloadsOf(plan).map((workload) => toWasmPlugin(workload, plan, options));
  if (options.contents === "plugins") return plugins;
  return [
    ...providers.flatMap((provider) => toDestinationRule(provider) ?? []),
    ...providers.flatMap((provider) => toServiceEntry(provider) ?? []),
    ...plugins,
    ...routes.flatMap((route) => toVirtualServices(route, options)),
  ];
}
