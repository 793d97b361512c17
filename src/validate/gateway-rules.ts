import {
  fullNameOf,
  namespaceOf,
  type ProviderResource,
  type Resources,
  type RouteResource,
} from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { backendHost, gatewaysOf } from "../plan/destination.ts";
import { namespaceAt, ofKind, textAt, textsAt } from "./read-value.ts";

/**
 * Where a gateway's rule leads to a provider, the provider's filter and its TLS must be at that gateway: both reach the proxies of the
 * provider's own namespace that its selector means.
 */
export function checkGateways(
  { providers, routes }: Resources,
  context: readonly SourceDocument[],
  report: Report,
): void {
  const known: Known = {
    providers: new Map(providers.map((provider) => [provider.value.spec.host, provider])),
    selectors: new Map(ofKind(context, "networking.istio.io", "Gateway").map(selectorOf)),
  };
  for (const route of routes) {
    for (const { gateway, provider, path } of hopsOf(route, known)) {
      const reason = mismatch(gateway, provider, known);
      if (reason === undefined) continue;
      const place = provider.document.place(["metadata"]);
      const message = `the LLMProvider ${fullNameOf(provider)} (${place}) is not at the gateway ${gateway}: ${reason}`;
      report(route.document.problem("provider_not_at_gateway", path, message));
    }
  }
}

interface Known {
  /** By host. */
  providers: ReadonlyMap<string, ProviderResource>;
  /** Labels of the pods that a Gateway selects, by `namespace/name`. */
  selectors: ReadonlyMap<string, Record<string, string>>;
}

function selectorOf({ value }: SourceDocument): [string, Record<string, string>] {
  const name = textAt(value, ["metadata", "name"]) ?? "";
  return [`${namespaceAt(value)}/${name}`, textsAt(value, ["spec", "selector"])];
}

interface Hop {
  /** `namespace/name`. */
  gateway: string;
  provider: ProviderResource;
  path: Path;
}

/** Each way from a gateway to a provider, once per destination of a rule. */
function hopsOf(route: RouteResource, { providers }: Known): Hop[] {
  const namespace = namespaceOf(route);
  return route.value.spec.rules.flatMap((rule, nth) => {
    const matches = rule.matches?.length ? rule.matches : [undefined];
    const all = matches.flatMap((match) => gatewaysOf(route.value.spec, match, namespace));
    const gateways = [...new Set(all)].filter((gateway) => gateway !== "mesh");
    return rule.backendRefs.flatMap((backend, index) => {
      const provider = providers.get(backendHost(backend, namespace));
      const path: Path = ["spec", "rules", nth, "backendRefs", index];
      return provider === undefined ? [] : gateways.map((gateway) => ({ gateway, provider, path }));
    });
  });
}

function mismatch(gateway: string, provider: ProviderResource, known: Known): string | undefined {
  const namespace = namespaceOf(provider);
  const [gatewayNamespace] = gateway.split("/");
  if (namespace !== gatewayNamespace) {
    return `it is in the namespace ${namespace}, and its filter, key and TLS reach that namespace's proxies alone`;
  }
  const selector = known.selectors.get(gateway) ?? {};
  const labels = provider.value.spec.workloadSelector?.labels ?? {};
  for (const [name, value] of Object.entries(labels)) {
    const other = selector[name];
    if (other === undefined || other === value) continue;
    return `it selects ${name}: ${value}, and the gateway's pods have ${name}: ${other}`;
  }
  return undefined;
}
