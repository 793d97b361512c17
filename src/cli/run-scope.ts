// What `run` serves of its input, and what only a mesh would apply: lines for the user.
import { formatResource, type ResourceName } from "../diagnostics.ts";
import { isForGateways } from "../plan/matches.ts";
import type { Plan } from "../plan/plan.ts";

/** The hosts that requests can be for. */
export function servedHosts({ providers, routes }: Plan): string {
  const hosts = [...routes, ...providers].map(({ host }) => host);
  return `serves ${[...new Set(hosts)].join(", ")}`;
}

/** What has no effect here: rules for sidecars, and policies. */
export function ignoredParts({ routes }: Plan, others: readonly ResourceName[]): string[] {
  const rules = routes.flatMap((route) =>
    route.rules
      .filter(({ matches }) => !matches.some(isForGateways))
      .map(({ name }) => `the rule ${name} of LLMRoute ${route.namespace}/${route.name}`),
  );
  const policies = others.filter(({ kind }) => meshPolicies.includes(kind)).map(formatResource);
  return [
    ...rules.map((rule) => `ignores ${rule}: only sidecars apply it`),
    ...policies.map((policy) => `ignores ${policy}: only Istio applies it`),
  ];
}

const meshPolicies = [
  "AuthorizationPolicy",
  "PeerAuthentication",
  "RequestAuthentication",
  "DestinationRule",
  "EnvoyFilter",
  "VirtualService",
];
