import { namespaceOf, type RouteResource } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";
import { fullGatewayName } from "../plan/destination.ts";

/** Two LLMRoutes for one host at one gateway: which of them came first would be left to chance. */
export function checkOverlaps(routes: readonly RouteResource[], report: Report): void {
  const seen = new Map<string, RouteResource>();
  for (const route of routes) {
    const others = new Map<RouteResource, string>();
    for (const gateway of gatewaysOfRoute(route)) {
      const key = `${route.value.spec.host} ${gateway}`;
      const first = seen.get(key);
      if (first === undefined) seen.set(key, route);
      else if (first !== route && !others.has(first)) others.set(first, gateway);
    }
    for (const [first, gateway] of others) {
      const place = first.document.place(["spec", "host"]);
      const message = `${route.value.spec.host} has an LLMRoute for ${gateway} in ${place} already`;
      report(route.document.problem("overlapping_routes", ["spec", "host"], message));
    }
  }
}

function gatewaysOfRoute(route: RouteResource): string[] {
  const namespace = namespaceOf(route);
  return (route.value.spec.gateways ?? ["mesh"]).map((name) => fullGatewayName(name, namespace));
}
