import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { RouteResource } from "../model/resource.ts";
import { type Input, ofKind } from "./input.ts";

/**
 * Istio compares hosts as a whole, port included, while it routes `host:80` like `host`: a policy
 * that denies only one spelling can be bypassed.
 */
export function checkPolicies({ routes, context, target }: Input, report: Report): void {
  if (target === "envoy") return;
  const byHost = new Map(routes.map((route) => [route.value.spec.host, route]));
  for (const list of ofKind(context, "security.istio.io", "AuthorizationPolicy").flatMap(
    hostLists,
  )) {
    const patterns = list
      .items()
      .map((place) => ({ place, text: place.text()?.toLowerCase() ?? "" }));
    for (const route of byHost.values()) checkList(route, patterns, report);
  }
}

/**
 * The lists with which a policy allows what is not on them, or denies what is: a spelling that they
 * omit passes.
 */
function hostLists(policy: Cursor): Cursor[] {
  const action = policy.at("spec", "action").text() ?? "ALLOW";
  const field = action === "ALLOW" ? "notHosts" : "hosts";
  if (action === "AUDIT") return [];
  const rules = policy.at("spec", "rules").items();
  const operations = rules.flatMap((rule) => rule.at("to").items());
  return operations.map((operation) => operation.at("operation", field));
}

/** An entry of a list of hosts, in lower case. */
interface Pattern {
  place: Cursor;
  text: string;
}

function checkList(route: RouteResource, patterns: readonly Pattern[], report: Report): void {
  const { host } = route.value.spec;
  const named = patterns.find((pattern) => matches(pattern, host));
  if (named === undefined) return;
  if (patterns.some((pattern) => matches(pattern, `${host}:80`))) return;
  const message = `matches ${host} but not ${host}:80, which Istio routes the same way; add "${host}:*" (the filter refuses such a request with 421 in any case)`;
  report({ ...named.place.problem("host_without_port", message), affected: route.resource });
}

/** Whether an entry of the list matches the host. Istio has exact, `prefix*`, `*suffix` and `*`. */
function matches({ text }: Pattern, host: string): boolean {
  if (text === "*") return true;
  if (text.endsWith("*")) return host.startsWith(text.slice(0, -1));
  return text.startsWith("*") ? host.endsWith(text.slice(1)) : host === text;
}
