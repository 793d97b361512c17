// What is judged only for a mesh: the resources as Istio reads them, and beside the other resources of the input.
import { namespaceOf, type Resources } from "../model/resource.ts";
import type { Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { gatewaysOf } from "../plan/destination.ts";
import { checkGateways } from "./gateway-rules.ts";
import { checkPolicies } from "./policy-rules.ts";
import { checkVariables } from "./variable-rules.ts";
import { checkVirtualServices } from "./virtual-service-rules.ts";

/** What the input holds, and what for. */
export interface MeshInput {
  resources: Resources;
  /** Documents of other kinds. */
  context: readonly SourceDocument[];
  /** `any`: nothing says that it is for a mesh, unless the context does. */
  target: "istio" | "any";
}

/** The rules for a mesh. */
export function checkForIstio({ resources, context, target }: MeshInput, report: Report): void {
  checkSourceLabels(resources, report);
  checkGateways(resources, context, report);
  checkPolicies(resources, context, report);
  checkVirtualServices(resources, context, report);
  const mentioned = target === "istio" ? "all" : "known-gateways";
  checkVariables({ resources, context, mentioned }, report);
}

/** Gateways do not know the caller's labels: a match for gateways alone would never hold. */
function checkSourceLabels({ routes }: Resources, report: Report): void {
  for (const route of routes) {
    const { document, value } = route;
    for (const [nth, rule] of value.spec.rules.entries()) {
      for (const [index, match] of (rule.matches ?? []).entries()) {
        if (Object.keys(match.sourceLabels ?? {}).length === 0) continue;
        const gateways = gatewaysOf(value.spec, match, namespaceOf(route));
        if (gateways.length === 0 || gateways.includes("mesh")) continue;
        const path = ["spec", "rules", nth, "matches", index, "sourceLabels"];
        const message =
          "only sidecars know the caller's labels: the match, for gateways alone, never holds";
        report(document.problem("source_labels_ignored", path, message, "key"));
      }
    }
  }
}
