import type { Report } from "../diagnostics.ts";
import { matchesOf, namesOnlyMesh } from "../model/route.ts";
import type { Input, Target } from "./input.ts";

/**
 * Only sidecars know the caller's labels: a match on them that is for gateways only never applies.
 */
export function checkSourceLabels({ routes, target }: Input, report: Report): void {
  for (const { match, gateways } of routes.flatMap(matchesOf)) {
    if (Object.keys(match.value.sourceLabels ?? {}).length === 0) continue;
    if (isExpected(gateways, target)) continue;
    const message =
      target === "envoy"
        ? "only sidecars know the caller's labels: this match is omitted for Envoy"
        : "only sidecars know the caller's labels: this match is for gateways only, so it never applies";
    report(match.at("sourceLabels").problem("source_labels_ignored", message, "key"));
  }
}

/**
 * A match for sidecars only is expected not to apply at a standalone Envoy, which has no sidecars.
 */
function isExpected(gateways: readonly string[], target: Target): boolean {
  if (target === "envoy") return namesOnlyMesh(gateways);
  return gateways.length === 0 || gateways.includes("mesh");
}
