import type { Report } from "../diagnostics.ts";
import type { RouteResource } from "../model/resource.ts";
import { listedGateways, type Match, rulesByHost, rulesOf } from "../model/route.ts";
import type { Input } from "./input.ts";

/** Rules that no request reaches, and providers that no rule leads to. */
export function checkUnused({ providers, routes }: Input, report: Report): void {
  for (const route of routes) checkReachable(route, report);
  if (routes.length === 0) return;
  const reached = rulesByHost(routes);
  for (const provider of providers) {
    const host = provider.at("spec", "host");
    if (reached.has(host.value)) continue;
    report(host.problem("unused_provider", "no LLMRoute has a rule that leads to this host"));
  }
}

function checkReachable(route: RouteResource, report: Report): void {
  const earlier: Match[] = [];
  for (const { rule, matches } of rulesOf(route)) {
    const hiding = matches.map((match) => earlier.find((each) => hides(each, match, route)));
    const [first] = hiding;
    if (first !== undefined && hiding.every((each) => each !== undefined)) {
      const message = `no request reaches this rule, as ${first.rule.value.name} before it takes them all`;
      report(rule.at("name").problem("unreachable_rule", message));
    }
    earlier.push(...matches);
  }
}

/** Whether each request that `match` matches is one that `earlier` matches. */
function hides(earlier: Match, match: Match, route: RouteResource): boolean {
  const listed = listedGateways(route);
  const gatewaysOf = ({ gateways }: Match): string[] => (gateways.length > 0 ? gateways : listed);
  const taken = gatewaysOf(earlier);
  const conditions = conditionsOf(match);
  return (
    gatewaysOf(match).every((gateway) => taken.includes(gateway)) &&
    [...conditionsOf(earlier)].every((condition) => conditions.has(condition))
  );
}

function conditionsOf({ match }: Match): Set<string> {
  const { headers = {}, sourceLabels = {} } = match.value;
  return new Set([
    ...Object.entries(headers).map(([name, value]) => JSON.stringify([name.toLowerCase(), value])),
    ...Object.entries(sourceLabels).map(([name, value]) => JSON.stringify({ name, value })),
  ]);
}
