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

/** A route may have thousands of matches: to compare all of them would hold up everything else. */
const mostComparisons = 200_000;

function checkReachable(route: RouteResource, report: Report): void {
  const listed = listedGateways(route);
  const earlier: Reach[] = [];
  let left = mostComparisons;
  const hiding = (reach: Reach): Reach | undefined => {
    left -= earlier.length;
    return left < 0 ? undefined : earlier.find((each) => hides(each, reach));
  };
  for (const { rule, matches } of rulesOf(route)) {
    const reaches = matches.map((match) => reachOf(match, listed));
    const first = reaches[0] && hiding(reaches[0]);
    if (first !== undefined && reaches.every((each) => hiding(each) !== undefined)) {
      const message = `no request reaches this rule, as ${first.rule} before it takes them all`;
      report(rule.at("name").problem("unreachable_rule", message));
    }
    earlier.push(...reaches);
  }
}

/** The requests that a match takes. */
interface Reach {
  rule: string;
  gateways: ReadonlySet<string>;
  conditions: ReadonlySet<string>;
}

function reachOf({ rule, match, gateways }: Match, listed: readonly string[]): Reach {
  const { headers = {}, sourceLabels = {} } = match.value;
  const conditions = [
    ...Object.entries(headers).map(([name, value]) => JSON.stringify([name.toLowerCase(), value])),
    ...Object.entries(sourceLabels).map(([name, value]) => JSON.stringify({ name, value })),
  ];
  return {
    rule: rule.value.name,
    gateways: new Set(gateways.length > 0 ? gateways : listed),
    conditions: new Set(conditions),
  };
}

/** Whether each request that `reach` takes is one that `earlier` takes. */
function hides(earlier: Reach, reach: Reach): boolean {
  return (
    isSubset(earlier.conditions, reach.conditions) && isSubset(reach.gateways, earlier.gateways)
  );
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  if (part.size > whole.size) return false;
  for (const each of part) if (!whole.has(each)) return false;
  return true;
}
