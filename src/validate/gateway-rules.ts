import type { RouteBackend } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { fullNameOf, type ProviderResource, type RouteResource } from "../model/resource.ts";
import { backendHost, rulesOf } from "../model/route.ts";
import { type Input, ofKind } from "./input.ts";

/**
 * If a gateway's rule leads to a provider, the provider's filter and TLS must be at that gateway.
 * Both apply only to proxies of the provider's namespace, and the filter only to those that its
 * selector matches.
 */
export function checkGateways({ providers, routes, context, target }: Input, report: Report): void {
  if (target === "envoy") return;
  const byHost = new Map(providers.map((provider) => [provider.value.spec.host, provider]));
  const selectors = new Map(ofKind(context, "networking.istio.io", "Gateway").map(selectorOf));
  for (const { gateway, provider, backend } of routes.flatMap((route) => hopsOf(route, byHost))) {
    const reason = mismatch(gateway, provider, selectors);
    if (reason === undefined) continue;
    const place = provider.at("metadata").place();
    const message = `the LLMProvider ${fullNameOf(provider)} (${place}) is not available at the gateway ${gateway}: ${reason}`;
    report(backend.problem("provider_not_at_gateway", message));
  }
}

/** Labels of the pods that a Gateway selects, by `namespace/name`. */
type Selectors = ReadonlyMap<string, Record<string, string>>;

function selectorOf(gateway: Cursor): [string, Record<string, string>] {
  return [fullNameOf(gateway), gateway.at("spec", "selector").texts()];
}

interface Hop {
  /** `namespace/name`. */
  gateway: string;
  provider: ProviderResource;
  backend: Cursor<RouteBackend>;
}

/** Each way from a gateway to a provider, once per destination of a rule. */
function hopsOf(route: RouteResource, byHost: ReadonlyMap<string, ProviderResource>): Hop[] {
  return rulesOf(route).flatMap(({ rule, matches }) => {
    const all = new Set(matches.flatMap(({ gateways }) => gateways));
    const gateways = [...all].filter((gateway) => gateway !== "mesh");
    return rule
      .at("backendRefs")
      .items()
      .flatMap((backend) => {
        const provider = byHost.get(backendHost(backend));
        if (provider === undefined) return [];
        return gateways.map((gateway) => ({ gateway, provider, backend }));
      });
  });
}

function mismatch(
  gateway: string,
  { value, resource }: ProviderResource,
  selectors: Selectors,
): string | undefined {
  const [gatewayNamespace] = gateway.split("/");
  if (resource.namespace !== gatewayNamespace) {
    return `it is in the namespace ${resource.namespace}, and its filter, key and TLS apply only to proxies in that namespace`;
  }
  const selector = selectors.get(gateway) ?? {};
  for (const [name, label] of Object.entries(value.spec.workloadSelector?.labels ?? {})) {
    const other = selector[name];
    if (other === undefined || other === label) continue;
    return `it selects ${name}: ${label}, but the gateway's pods have ${name}: ${other}`;
  }
  return undefined;
}
