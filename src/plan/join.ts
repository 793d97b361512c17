import type { DestinationPlan, Plan, ProviderPlan, RoutePlan } from "./plan.ts";
import { byFullName, defaultPort } from "./build.ts";

/**
 * The plan with further providers and routes, or without some: destinations are served, or not, by
 * the providers that there are then. Pure.
 */
export function joinPlan(providers: readonly ProviderPlan[], routes: readonly RoutePlan[]): Plan {
  const byHost = new Map(providers.map((provider) => [provider.host, provider]));
  const resolve = (destination: DestinationPlan): DestinationPlan => {
    if (destination.kind === "gateway") return destination;
    const provider = byHost.get(destination.host);
    const kind = provider === undefined ? "unserved" : "provider";
    const usesTls = provider?.tls.mode === "SIMPLE";
    return { ...destination, port: provider?.port ?? defaultPort, kind, usesTls };
  };
  const resolved = routes.map((route) => ({
    ...route,
    rules: route.rules.map((rule) => ({
      ...rule,
      destinations: rule.destinations.map(resolve),
    })),
  }));
  return {
    providers: [...providers].sort(byFullName),
    routes: resolved.sort(byFullName),
    authorities: [...new Set(routes.map(({ host }) => host))].sort(),
  };
}
