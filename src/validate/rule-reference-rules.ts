import type { Report } from "../diagnostics.ts";
import { routeConfigsOf } from "../model/provider.ts";
import { fullNameOf, type ProviderResource } from "../model/resource.ts";
import { namesRoute, type RouteRuleOf, rulesByHost, settingsKeys } from "../model/route.ts";
import type { Input } from "./input.ts";
import { listOf } from "./list-of.ts";
import { suggest } from "./nearest.ts";

/** Settings for a rule that no route has would never apply. */
export function checkRuleReferences({ providers, routes }: Input, report: Report): void {
  const names = new Set(routes.flatMap(({ value }) => value.spec.rules.map(({ name }) => name)));
  const keys = new Set(
    routes.flatMap((route) =>
      route.value.spec.rules.flatMap(({ name }) => settingsKeys(route, name)),
    ),
  );
  for (const provider of providers) {
    for (const [key, config] of provider.at("spec", "configs", "routeSpecificConfigs").fields()) {
      if (keys.has(key)) continue;
      const known = names.size === 0 ? "there are no rules" : `the rules are ${listOf(names)}`;
      const message = namesRoute(key)
        ? "there is no such NAMESPACE/LLMROUTE/RULE"
        : "no LLMRoute has a rule with this name";
      const hint = namesRoute(key) ? "" : suggest(key, names);
      report({ ...config.problem("unknown_rule", message, "key"), known: `${known}${hint}` });
    }
  }
}

/** A rule's name alone gives its settings to one LLMRoute: the first that leads to the provider. */
export function checkSharedRules({ providers, routes, target }: Input, report: Report): void {
  const rules = rulesByHost(routes);
  for (const provider of providers) {
    checkShared(provider, rules.get(provider.value.spec.host) ?? [], target === "envoy", report);
  }
}

function checkShared(
  provider: ProviderResource,
  rules: readonly RouteRuleOf[],
  needsNames: boolean,
  report: Report,
): void {
  const keys = new Set(routeConfigsOf(provider).map(([key]) => key));
  const byName = new Map<string, RouteRuleOf[]>();
  for (const each of rules) {
    const name = each.rule.value.name;
    const own = settingsKeys(each.route, name).find((key) => keys.has(key));
    // An Envoy of our own knows its routes by their names alone.
    const isShared = needsNames ? [...keys].some((key) => meansName(key, name)) : own === name;
    if (isShared) byName.set(name, [...(byName.get(name) ?? []), each]);
  }
  for (const [first, ...others] of byName.values()) {
    for (const other of others) {
      if (first === undefined || other.route === first.route) continue;
      const place = first.rule.at("name").place();
      const message = `the LLMProvider ${fullNameOf(provider)} has settings for this name, and the rule in ${place} has it too; use another name, or on Istio key the settings by NAMESPACE/LLMROUTE/RULE`;
      report(other.rule.at("name").problem("ambiguous_rule", message));
    }
  }
}

function meansName(key: string, name: string): boolean {
  return key === name || (namesRoute(key) && key.endsWith(`/${name}`));
}
