import type { RouteBackend, RouteRule } from "../api/generated.ts";
import { namespaceOf, type RouteResource } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import { fullGatewayName } from "../plan/destination.ts";
import { checkMatch } from "./match-rules.ts";
import { checkHost, isDnsLabel, isDnsName } from "./name-rules.ts";

/** The rules for one LLMRoute alone. */
export function checkRoute(route: RouteResource, report: Report): void {
  const { document, value } = route;
  checkHost(document, ["spec", "host"], value.spec.host, report);
  for (const [index, name] of (value.spec.gateways ?? []).entries()) {
    checkGateway(name, ["spec", "gateways", index], route, report);
  }
  checkRuleNames(route, report);
  for (const [index, rule] of value.spec.rules.entries()) {
    const path = ["spec", "rules", index];
    checkMatches(rule, path, route, report);
    checkBackends(rule, path, route, report);
  }
}

function checkGateway(name: string, path: Path, { document }: RouteResource, report: Report): void {
  const parts = name.split("/");
  const last = parts.pop() ?? "";
  if (isDnsName(last) && parts.length <= 1 && parts.every(isDnsLabel)) return;
  report(document.problem("invalid_gateway", path, "must be mesh, NAME or NAMESPACE/NAME"));
}

function checkRuleNames({ document, value }: RouteResource, report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, { name }] of value.spec.rules.entries()) {
    const path = ["spec", "rules", index, "name"];
    // The name goes into access logs.
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (/[\0-\x1f\x7f]/.test(name)) {
      report(document.problem("invalid_name", path, "must not hold a control character"));
    }
    const first = seen.get(name);
    if (first !== undefined) {
      const message = `is the name of spec.rules[${first}] already; names are unique within a route`;
      report(document.problem("duplicate_rule", path, message));
    }
    seen.set(name, first ?? index);
  }
}

function checkMatches(rule: RouteRule, path: Path, route: RouteResource, report: Report): void {
  const { document, value } = route;
  const namespace = namespaceOf(route);
  const listed = (value.spec.gateways ?? ["mesh"]).map((name) => fullGatewayName(name, namespace));
  for (const [index, match] of (rule.matches ?? []).entries()) {
    const at = [...path, "matches", index];
    checkMatch(match, { document, path: at, report });
    for (const [nth, name] of (match.gateways ?? []).entries()) {
      checkGateway(name, [...at, "gateways", nth], route, report);
      if (listed.includes(fullGatewayName(name, namespace))) continue;
      const message = `is none of the route's gateways, so it never applies; listed: ${listed.join(", ")}`;
      report(document.problem("unlisted_gateway", [...at, "gateways", nth], message));
    }
  }
}

function checkBackends(rule: RouteRule, path: Path, route: RouteResource, report: Report): void {
  const backends = rule.backendRefs;
  for (const [index, backend] of backends.entries()) {
    checkBackend(backend, [...path, "backendRefs", index], route, report);
  }
  if (backends.length === 1) return;
  const missing = backends.findIndex((backend) => backend.weight === undefined);
  if (missing >= 0) {
    const message = "needs a weight, as there are several destinations; together they are 100";
    report(route.document.problem("invalid_weight", [...path, "backendRefs", missing], message));
    return;
  }
  const sum = backends.reduce((total, backend) => total + (backend.weight ?? 0), 0);
  if (sum === 100) return;
  const message = `the weights add up to ${sum} and must add up to 100`;
  report(route.document.problem("invalid_weight", [...path, "backendRefs"], message, "key"));
}

function checkBackend(
  { providerHost, backendRef }: RouteBackend,
  path: Path,
  { document }: RouteResource,
  report: Report,
): void {
  if ((providerHost === undefined) === (backendRef === undefined)) {
    const message = "must have exactly one of providerHost and backendRef";
    report(document.problem("invalid_backend", path, message));
  }
  if (providerHost !== undefined) {
    checkHost(document, [...path, "providerHost"], providerHost, report);
  }
  if (backendRef === undefined) return;
  const { group = "", kind = "Service", name, namespace = "default" } = backendRef;
  if (group !== "" || kind !== "Service") {
    const message = "must refer to a Service: kind Service, with the group empty";
    report(document.problem("invalid_backend", [...path, "backendRef"], message, "key"));
  } else if (!isDnsLabel(name) || !isDnsLabel(namespace)) {
    const message = "must have a name and a namespace of lower-case letters, digits and hyphens";
    report(document.problem("invalid_backend", [...path, "backendRef"], message, "key"));
  }
}
