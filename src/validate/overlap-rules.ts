import type { Report } from "../diagnostics.ts";
import type { RouteResource } from "../model/resource.ts";
import { listedGateways } from "../model/route.ts";
import type { Input } from "./input.ts";

/**
 * No two LLMRoutes have the same host at the same gateway: which of them Istio uses is undefined.
 */
export function checkOverlaps({ routes }: Input, report: Report): void {
  const seen = new Map<string, RouteResource>();
  for (const route of routes) {
    const host = route.at("spec", "host");
    const keys = listedGateways(route).map((gateway) => ({
      gateway,
      key: `${host.value} ${gateway}`,
    }));
    const others = new Map<RouteResource, string>();
    for (const { gateway, key } of keys) {
      const first = seen.get(key);
      if (first !== undefined && !others.has(first)) others.set(first, gateway);
    }
    for (const [first, gateway] of others) {
      const place = first.at("spec", "host").place();
      const message = `${host.value} already has an LLMRoute for ${gateway}, in ${place}`;
      report(host.problem("overlapping_routes", message));
    }
    // A route in error does not conflict with those after it.
    if (others.size === 0) for (const { key } of keys) seen.set(key, route);
  }
}
