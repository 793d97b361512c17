import {
  removedHeaderPrefixes,
  removedHeaders,
  setHeaders,
} from "../../contract/edited-headers.ts";
import type { Report } from "../diagnostics.ts";
import { configsOf } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";
import { matchesOf } from "../model/route.ts";
import type { Input } from "./input.ts";
import { foldHeaderName } from "./name-rules.ts";

/**
 * No route matches on a header that the filter edits. Envoy chooses the route again after the edit:
 * the request could then take another route than the one for which it got its key.
 */
export function checkEditedHeaders({ providers, routes }: Input, report: Report): void {
  const own = providers.flatMap((each) => [...authHeadersOf(each), ...removedHeadersOf(each)]);
  const edited = new Set([...removedHeaders, ...setHeaders, ...own]);
  for (const { match } of routes.flatMap(matchesOf)) {
    for (const [name, condition] of match.at("headers").fields()) {
      if (!isEdited(name, edited)) continue;
      report(condition.problem("edited_header", reason, "key"));
    }
  }
}

const reason =
  "can't be matched on: the gateway removes or sets this header, Envoy then selects the route again, and the key could reach another provider";

function isEdited(name: string, edited: ReadonlySet<string>): boolean {
  const folded = foldHeaderName(name);
  const isPrefixed = removedHeaderPrefixes.some((prefix) => folded.startsWith(prefix));
  return edited.has(folded) || isPrefixed || name.startsWith(":");
}

function authHeadersOf(provider: ProviderResource): string[] {
  return configsOf(provider).flatMap(({ value }) => {
    const header = value.auth?.header;
    return header === undefined ? [] : [foldHeaderName(header)];
  });
}

function removedHeadersOf({ value }: ProviderResource): string[] {
  const { remove = [], set = {} } = value.spec.headers ?? {};
  return [...remove, ...Object.keys(set)].map(foldHeaderName);
}
