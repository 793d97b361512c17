import type { DestinationPlan, Plan, ProviderPlan, RoutePlan } from "./plan.ts";
import { byFullName, defaultPort } from "./build.ts";

/**
 * The plan with further providers and routes, or without some: destinations are served, or not, by
 * the providers that there are then. Pure.
 */
export function joinPlan(providers: readonly ProviderPlan[], routes: readonly RoutePlan[]): Plan {
  const ports = new Map(providers.map(({ host, port }) => [host, port]));
  const resolve = (destination: DestinationPlan): DestinationPlan => {
    if (destination.kind === "gateway") return destination;
    const port = ports.get(destination.host);
    const kind = port === undefined ? "unserved" : "provider";
    return { ...destination, port: port ?? defaultPort, kind };
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
