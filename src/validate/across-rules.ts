import { fullNameOf, type Resources } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { checkDestinations } from "./destination-rules.ts";
import { checkEditedHeaders } from "./edited-header-rules.ts";
import { listOf } from "./list-of.ts";
import { checkOverlaps } from "./overlap-rules.ts";

/** The rules between resources. References are judged only where `isComplete` says that every resource could be read. */
export function checkAcross(resources: Resources, isComplete: boolean, report: Report): void {
  checkUnique(resources, report);
  checkOverlaps(resources.routes, report);
  checkEditedHeaders(resources, report);
  if (!isComplete) return;
  checkDestinations(resources, report);
  checkRuleReferences(resources, report);
}

function checkUnique({ providers, routes }: Resources, report: Report): void {
  const name: Path = ["metadata", "name"];
  const host: Path = ["spec", "host"];
  for (const resources of [providers, routes]) {
    const named = resources.map((each) => ({ document: each.document, text: fullNameOf(each) }));
    forEachRepeated(named, (document, text, first) => {
      const message = `${text} stands in ${first.place(name)} already`;
      report(document.problem("duplicate_resource", name, message));
    });
  }
  const hosts = providers.map(({ document, value }) => ({ document, text: value.spec.host }));
  forEachRepeated(hosts, (document, text, first) => {
    const message = `${text} is the host of the LLMProvider in ${first.place(host)} already; a host has one provider`;
    report(document.problem("duplicate_host", host, message));
  });
}

interface Named {
  document: SourceDocument;
  text: string;
}

function forEachRepeated(
  named: readonly Named[],
  repeated: (document: SourceDocument, text: string, first: SourceDocument) => void,
): void {
  const seen = new Map<string, SourceDocument>();
  for (const { document, text } of named) {
    const first = seen.get(text);
    if (first === undefined) seen.set(text, document);
    else repeated(document, text, first);
  }
}

/** routeSpecificConfigs for a rule that no route has would never apply. */
function checkRuleReferences({ providers, routes }: Resources, report: Report): void {
  const rules = new Set(routes.flatMap((route) => route.value.spec.rules.map((rule) => rule.name)));
  for (const { document, value } of providers) {
    for (const rule of Object.keys(value.spec.configs?.routeSpecificConfigs ?? {})) {
      if (rules.has(rule)) continue;
      const known = rules.size === 0 ? "there are no rules" : `the rules are ${listOf(rules)}`;
      const path = ["spec", "configs", "routeSpecificConfigs", rule];
      const message = `no LLMRoute has a rule of this name; ${known}`;
      report(document.problem("unknown_rule", path, message, "key"));
    }
  }
}
