import type { RouteBackend, RouteRule } from "../api/generated.ts";
import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { RouteResource } from "../model/resource.ts";
import { fullGatewayName, listedGateways, type Match, matchesOf } from "../model/route.ts";
import { checkMatch } from "./match-rules.ts";
import { checkHost, isDnsLabel, isDnsName } from "./name-rules.ts";

/** The rules for one LLMRoute by itself. */
export function checkRoute(route: RouteResource, report: Report): void {
  checkHost(route.at("spec", "host"), report);
  for (const gateway of route.at("spec", "gateways").items()) checkGateway(gateway, report);
  const rules = route.at("spec", "rules").items();
  checkRuleNames(rules, report);
  const listed = listedGateways(route);
  for (const match of matchesOf(route)) {
    checkMatch(match.match, report);
    checkMatchGateways(match, listed, report);
  }
  for (const rule of rules) checkBackends(rule.at("backendRefs"), report);
}

function checkGateway(gateway: Cursor<string>, report: Report): void {
  const parts = gateway.value.split("/");
  const last = parts.pop() ?? "";
  if (isDnsName(last) && parts.length <= 1 && parts.every(isDnsLabel)) return;
  report(gateway.problem("invalid_gateway", "must be mesh, NAME or NAMESPACE/NAME"));
}

function checkRuleNames(rules: readonly Cursor<RouteRule>[], report: Report): void {
  const seen = new Map<string, number>();
  for (const [index, rule] of rules.entries()) {
    const name = rule.at("name");
    // The name goes into access logs.
    // eslint-disable-next-line no-control-regex -- they are what is looked for
    if (/[\0-\x1f\x7f]/.test(name.value)) {
      report(name.problem("invalid_name", "must not contain control characters"));
    }
    const first = seen.get(name.value);
    if (first !== undefined) {
      const message = `is already the name of spec.rules[${first}]; names must be unique within a route`;
      report(name.problem("duplicate_rule", message));
    }
    seen.set(name.value, first ?? index);
  }
}

function checkMatchGateways({ match }: Match, listed: readonly string[], report: Report): void {
  for (const gateway of match.at("gateways").items()) {
    checkGateway(gateway, report);
    if (listed.includes(fullGatewayName(gateway.value, match))) continue;
    const message = `is not one of the route's gateways, so it never applies; the route lists ${listed.join(", ")}`;
    report(gateway.problem("unlisted_gateway", message));
  }
}

function checkBackends(list: Cursor<RouteBackend[]>, report: Report): void {
  const backends = list.items();
  for (const backend of backends) checkBackend(backend, report);
  if (backends.length === 1) return;
  const missing = backends.find(({ value }) => value.weight === undefined);
  if (missing !== undefined) {
    const message =
      "needs a weight because there are several destinations; the weights must add up to 100";
    report(missing.problem("invalid_weight", message));
    return;
  }
  const sum = list.value.reduce((total, backend) => total + (backend.weight ?? 0), 0);
  if (sum === 100) return;
  const message = `the weights add up to ${sum} but must add up to 100`;
  report(list.problem("invalid_weight", message, "key"));
}

function checkBackend(backend: Cursor<RouteBackend>, report: Report): void {
  const { providerHost, backendRef } = backend.value;
  if ((providerHost === undefined) === (backendRef === undefined)) {
    const message = "must have exactly one of providerHost and backendRef";
    report(backend.problem("invalid_backend", message));
  }
  if (providerHost !== undefined) checkHost(backend.at("providerHost").or(""), report);
  if (backendRef === undefined) return;
  const { group = "", kind = "Service", name, namespace = "default" } = backendRef;
  if (group !== "" || kind !== "Service") {
    const message = "must refer to a Service: kind Service and an empty group";
    report(backend.at("backendRef").problem("invalid_backend", message, "key"));
  } else if (!isDnsLabel(name) || !isDnsLabel(namespace)) {
    const message = "must have a name and a namespace of lower-case letters, digits and hyphens";
    report(backend.at("backendRef").problem("invalid_backend", message, "key"));
  }
}
