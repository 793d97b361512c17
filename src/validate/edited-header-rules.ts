import { removedHeaderPrefix, removedHeaders, setHeaders } from "../../contract/edited-headers.ts";
import type { ProviderResource, Resources } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";

/**
 * No route matches on a header that the filter edits. Envoy chooses the route again after the edit: the request would then take another
 * route than the one for which it was given a key.
 */
export function checkEditedHeaders({ providers, routes }: Resources, report: Report): void {
  const edited = new Set([...removedHeaders, ...setHeaders, ...providers.flatMap(authHeadersOf)]);
  for (const { document, value } of routes) {
    for (const [nth, rule] of value.spec.rules.entries()) {
      for (const [index, match] of (rule.matches ?? []).entries()) {
        for (const name of Object.keys(match.headers ?? {})) {
          if (!isEdited(name, edited)) continue;
          const path = ["spec", "rules", nth, "matches", index, "headers", name];
          report(document.problem("edited_header", path, reason, "key"));
        }
      }
    }
  }
}

const reason =
  "can't be matched on: the gateway removes or sets this header, and the route, chosen again after that, could lead elsewhere than the key";

function isEdited(name: string, edited: ReadonlySet<string>): boolean {
  const folded = fold(name);
  return edited.has(folded) || folded.startsWith(removedHeaderPrefix) || name.startsWith(":");
}

/** Names that Envoy (case) or the filter (`_` and `-`) takes for the same, as one. */
function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

function authHeadersOf({ value }: ProviderResource): string[] {
  const { defaultConfig, routeSpecificConfigs = {} } = value.spec.configs ?? {};
  return [defaultConfig, ...Object.values(routeSpecificConfigs)].flatMap((config) => {
    const header = config?.openAIConfig?.auth?.header;
    return header === undefined ? [] : [fold(header)];
  });
}
