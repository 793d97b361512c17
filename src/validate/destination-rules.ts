import type { Report } from "../diagnostics.ts";
import { backendHost, isMeshGateway, type Rule, rulesOf, serviceSuffix } from "../model/route.ts";
import type { Input } from "./input.ts";
import { listOf } from "./list-of.ts";
import { suggest } from "./nearest.ts";

/** Every destination is the host of an LLMProvider, or a gateway on the way to one. */
export function checkDestinations({ providers, routes }: Input, report: Report): void {
  const hosts = new Set(providers.map(({ value }) => value.spec.host));
  for (const rule of routes.flatMap(rulesOf)) checkRule(rule, hosts, report);
}

function checkRule({ rule, matches }: Rule, hosts: ReadonlySet<string>, report: Report): void {
  for (const backend of rule.at("backendRefs").items()) {
    const host = backendHost(backend);
    if (host === "" || hosts.has(host)) continue;
    const field = backend.value.backendRef === undefined ? "providerHost" : "backendRef";
    // A backendRef is a provider's Service by definition.
    if (field === "providerHost" && isMeshGateway(host, matches)) continue;
    const hint = field === "providerHost" && host.endsWith(serviceSuffix) ? gatewayHint : "";
    const message = `there is no LLMProvider with the host ${host}${hint}`;
    const known =
      hosts.size === 0
        ? "there are no LLMProviders"
        : `the hosts are ${listOf(hosts)}${suggest(host, hosts)}`;
    report({ ...backend.at(field).problem("unknown_provider", message), known });
  }
}

const gatewayHint =
  "; a Service without an LLMProvider can only be the next gateway, in a rule for mesh only";
