import { namespaceOf, type Resources } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";
import { gatewaysOf, namesOnlyMesh } from "../plan/destination.ts";

/** What a lone Envoy can't do of the resources: it has no sidecars to tell it who calls. */
export function checkForEnvoy({ routes }: Resources, report: Report): void {
  for (const route of routes) {
    const { document, value } = route;
    for (const [nth, rule] of value.spec.rules.entries()) {
      for (const [index, match] of (rule.matches ?? []).entries()) {
        if (Object.keys(match.sourceLabels ?? {}).length === 0) continue;
        if (namesOnlyMesh(gatewaysOf(value.spec, match, namespaceOf(route)))) continue;
        const path = ["spec", "rules", nth, "matches", index, "sourceLabels"];
        const message = "only sidecars know the caller's labels: this match is left out for Envoy";
        report(document.problem("source_labels_ignored", path, message, "key"));
      }
    }
  }
}
