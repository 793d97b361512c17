import type { RouteRule } from "../api/generated.ts";
import { namespaceOf, type Resources, type RouteResource } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import { backendHost, gatewaysOf, isMeshGateway, serviceSuffix } from "../plan/destination.ts";
import { listOf } from "./list-of.ts";

/** Every destination is the host of an LLMProvider, or a gateway on the way to one. */
export function checkDestinations({ providers, routes }: Resources, report: Report): void {
  const hosts = new Set(providers.map((provider) => provider.value.spec.host));
  for (const route of routes) {
    for (const [index, rule] of route.value.spec.rules.entries()) {
      checkRule({ route, rule, path: ["spec", "rules", index] }, hosts, report);
    }
  }
}

interface RulePlace {
  route: RouteResource;
  rule: RouteRule;
  path: Path;
}

function checkRule({ route, rule, path }: RulePlace, hosts: Set<string>, report: Report): void {
  const namespace = namespaceOf(route);
  const matches = rule.matches?.length ? rule.matches : [undefined];
  const gateways = matches.map((match) => gatewaysOf(route.value.spec, match, namespace));
  for (const [index, backend] of rule.backendRefs.entries()) {
    const host = backendHost(backend, namespace);
    if (host === "" || hosts.has(host)) continue;
    const field = backend.backendRef === undefined ? "providerHost" : "backendRef";
    // A backendRef is a provider's Service by definition.
    if (field === "providerHost" && isMeshGateway(host, gateways)) continue;
    const at = [...path, "backendRefs", index, field];
    const hint = field === "providerHost" && host.endsWith(serviceSuffix) ? gatewayHint : "";
    const message = `${unknownMessage(host, hosts)}${hint}`;
    report(route.document.problem("unknown_provider", at, message));
  }
}

const gatewayHint =
  "; a Service that is no provider can only be the next gateway, in a rule for mesh alone";

function unknownMessage(host: string, hosts: ReadonlySet<string>): string {
  const known = hosts.size === 0 ? "there are none" : `the hosts are ${listOf(hosts)}`;
  return `no LLMProvider has the host ${host}; ${known}`;
}
