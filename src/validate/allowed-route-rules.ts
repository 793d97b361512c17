import type { Report } from "../diagnostics.ts";
import { fullNameOf } from "../model/resource.ts";
import { backendHost, rulesOf } from "../model/route.ts";
import type { Input } from "./input.ts";
import { listOf } from "./list-of.ts";

/** A route leads only to providers that allow routes of its namespace. */
export function checkAllowedRoutes({ providers, routes }: Input, report: Report): void {
  const byHost = new Map(providers.map((provider) => [provider.value.spec.host, provider]));
  for (const route of routes) {
    const backends = rulesOf(route).flatMap(({ rule }) => rule.at("backendRefs").items());
    for (const backend of backends) {
      const provider = byHost.get(backendHost(backend));
      const allowed = provider?.value.spec.allowedRoutes?.namespaces;
      if (provider === undefined || allowed === undefined) continue;
      if (allowed.includes(route.resource.namespace)) continue;
      const names = allowed.length === 0 ? "none" : listOf(new Set(allowed));
      const message = `the LLMProvider ${fullNameOf(provider)} does not allow LLMRoutes of the namespace ${route.resource.namespace}`;
      const problem = backend.problem("route_not_allowed", message);
      report({ ...problem, known: `it allows ${names}` });
    }
  }
}
