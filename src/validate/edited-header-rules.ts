import {
  removedHeaderPrefixes,
  removedHeaders,
  setHeaders,
} from "../../contract/edited-headers.ts";
import type { Report } from "../diagnostics.ts";
import { configsOf } from "../model/provider.ts";
import type { ProviderResource, RouteResource } from "../model/resource.ts";
import { backendHost, matchesOf, rulesOf } from "../model/route.ts";
import type { Input } from "./input.ts";
import { foldHeaderName } from "./name-rules.ts";

/**
 * No route matches on a header that the filter edits. Envoy chooses the route again after the edit:
 * the request could then take another route than the one for which it got its key.
 */
export function checkEditedHeaders(input: Input, report: Report): void {
  const { routes } = input;
  const editedFor = editedByRoute(input);
  for (const route of routes) {
    const own = editedFor(route);
    for (const { match } of matchesOf(route)) {
      for (const [name, condition] of match.at("headers").fields()) {
        if (!isEdited(name, own)) continue;
        report(condition.problem("edited_header", reason, "key"));
      }
    }
  }
}

/**
 * The headers that providers' resources add to those that every filter edits. On Istio, a filter has
 * the providers of one namespace, so that a provider of another namespace refuses no route.
 */
function editedByRoute({ providers, target }: Input): (route: RouteResource) => Set<string>[] {
  const byNamespace = new Map<string, Set<string>>();
  const byHost = new Map<string, Set<string>>();
  for (const provider of providers) {
    const namespace = target === "istio" ? provider.resource.namespace : "";
    const names = byNamespace.get(namespace) ?? new Set();
    for (const name of editedBy(provider)) names.add(name);
    byNamespace.set(namespace, names);
    byHost.set(provider.value.spec.host, names);
  }
  if (target !== "istio") return () => [...byNamespace.values()];
  return (route) => {
    const backends = rulesOf(route).flatMap(({ rule }) => rule.at("backendRefs").items());
    return backends.flatMap((backend) => byHost.get(backendHost(backend)) ?? []);
  };
}

const reason =
  "can't be matched on: the gateway removes or sets this header, Envoy then selects the route again, and the key could reach another provider";

const everywhere = new Set([...removedHeaders, ...setHeaders]);

function isEdited(name: string, own: readonly ReadonlySet<string>[]): boolean {
  const folded = foldHeaderName(name);
  const isPrefixed = removedHeaderPrefixes.some((prefix) => folded.startsWith(prefix));
  const isOwn = own.some((names) => names.has(folded));
  return everywhere.has(folded) || isOwn || isPrefixed || name.startsWith(":");
}

function editedBy(provider: ProviderResource): string[] {
  return [...authHeadersOf(provider), ...removedHeadersOf(provider)];
}

function authHeadersOf(provider: ProviderResource): string[] {
  return configsOf(provider).flatMap(({ value }) => {
    const header = value.auth?.header;
    return header === undefined ? [] : [foldHeaderName(header)];
  });
}

function removedHeadersOf({ value }: ProviderResource): string[] {
  const { remove = [], set = {}, setSecretRefs = {} } = value.spec.headers ?? {};
  return [...remove, ...Object.keys(set), ...Object.keys(setSecretRefs)].map(foldHeaderName);
}
