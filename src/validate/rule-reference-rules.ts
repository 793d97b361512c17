import type { Report } from "../diagnostics.ts";
import type { Input } from "./input.ts";
import { listOf } from "./list-of.ts";

/** Settings for a rule that no route has would never apply. */
export function checkRuleReferences({ providers, routes }: Input, report: Report): void {
  const rules = new Set(routes.flatMap(({ value }) => value.spec.rules.map(({ name }) => name)));
  for (const provider of providers) {
    for (const [rule, config] of provider.at("spec", "configs", "routeSpecificConfigs").fields()) {
      if (rules.has(rule)) continue;
      const known = rules.size === 0 ? "there are no rules" : `the rules are ${listOf(rules)}`;
      const message = `no LLMRoute has a rule with this name; ${known}`;
      report(config.problem("unknown_rule", message, "key"));
    }
  }
}
