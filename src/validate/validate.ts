// Documents → resources: the kinds and the schema first, then what a schema can't say: within each
// resource, between them, and for the target. Nothing is kept between calls.
import {
  type Diagnostic,
  formatPath,
  type Report,
  type ResourceName,
  unresolvedCodes,
} from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { Document } from "../model/document.ts";
import { checkAllowedRoutes } from "./allowed-route-rules.ts";
import { classify } from "./classify.ts";
import { checkConnections } from "./connection-rules.ts";
import { checkKeyServer } from "./credential-rules.ts";
import { checkDestinations } from "./destination-rules.ts";
import { checkEditedHeaders } from "./edited-header-rules.ts";
import { checkGateways } from "./gateway-rules.ts";
import type { Check, Input, Target } from "./input.ts";
import { checkNamedGateways } from "./named-gateway-rules.ts";
import { checkNeighbours } from "./neighbour-rules.ts";
import { checkOverlaps } from "./overlap-rules.ts";
import { checkPolicies } from "./policy-rules.ts";
import { checkProviderHosts, checkSelectors } from "./provider-host-rules.ts";
import { checkProvider } from "./provider-rules.ts";
import { checkRoute } from "./route-rules.ts";
import { checkRuleReferences, checkSharedRules } from "./rule-reference-rules.ts";
import { type MendedParts, toProvider, toRoute } from "./schema.ts";
import { checkSourceLabels } from "./source-label-rules.ts";
import { checkHosts, checkNames, checkRenderedNames } from "./unique-rules.ts";
import { checkUnused } from "./unused-rules.ts";
import { checkVariableCounts, checkVariables } from "./variable-rules.ts";
import { checkVirtualServices } from "./virtual-service-rules.ts";

/** Each resource by itself, and resources that claim the same thing. */
const claims: Check[] = [
  // The provider's host and path, its credentials, its models, and the members of its bodies.
  ({ providers }, report) => providers.forEach((provider) => checkProvider(provider, report)),
  // Keys in Secrets are for a target that can hand them out.
  checkKeyServer,
  // The route's host and gateways, its rules' names, matches and weights.
  ({ routes }, report) => routes.forEach((route) => checkRoute(route, report)),
  // A name belongs to one resource.
  checkNames,
  // A rendered name belongs to one route.
  checkRenderedNames,
  // A host belongs to one provider, and to no gateway.
  checkHosts,
  checkProviderHosts,
  // At each gateway, a host belongs to one route.
  checkOverlaps,
  // No route matches on a header that the filter edits.
  checkEditedHeaders,
  // A connection is made as the target can make it.
  checkConnections,
  // No proxy needs more environment variables than Istio can give its filter.
  checkVariableCounts,
];

/**
 * What one resource says of another. What refers to a missing resource is never left out: settings
 * for a rule that does not exist do nothing, and a destination without a provider is in the plan as
 * unserved.
 */
const references: Check[] = [
  // A rule leads to a provider, or to a gateway on the way to one.
  checkDestinations,
  // A rule leads to providers that allow its namespace.
  checkAllowedRoutes,
  // A provider's settings for a rule are for a rule that exists, and for one alone.
  checkRuleReferences,
  checkSharedRules,
];

/**
 * What may be a mistake on the target, or together with the input's other resources: warnings and
 * notes.
 */
const hints: Check[] = [
  // Every rule is reached, and every provider.
  checkUnused,
  // A provider is for the proxies of its gateway alone.
  checkSelectors,
  // A route's gateways exist, and take its requests.
  checkNamedGateways,
  // No other resource has a provider's host.
  checkNeighbours,
  // Matches on the caller's labels are for sidecars only.
  checkSourceLabels,
  // A provider's filter and TLS are at every gateway that leads to it.
  checkGateways,
  // No policy can be bypassed by another spelling of a host.
  checkPolicies,
  // No other VirtualService claims a host, or mirrors requests that carry a key.
  checkVirtualServices,
  // Every variable is set for the proxies that need it.
  checkVariables,
];

/** Where kubectl puts a resource without a namespace, unless its context names another. */
export const kubectlNamespace = "default";

export interface ValidateOptions {
  target: Target;
  /** Whether something hands out the keys that are in Secrets. */
  hasKeyServer: boolean;
  /** Whether a provider may have a proxy; true by default. */
  hasTunnels?: boolean;
  /**
   * What becomes of a resource in error. "refuse": it stays among the rest, as the caller refuses
   * the whole input. "leave-out": it is left out, and the rest is judged as if it did not exist,
   * unless its only error is that it refers to a resource that does not exist.
   */
  errors: "refuse" | "leave-out";
  /**
   * Whether the documents are all that there are: only then is a reference to a missing one an
   * error.
   */
  isComplete: boolean;
  /** The namespace of resources without one; `kubectlNamespace` by default. */
  namespace?: string;
}

/**
 * The typed resources. Those of an unknown version, and those that don't match the schema, are left
 * out. If an error refuses the whole input, a resource is judged without its wrong parts, so that
 * all errors are reported at once.
 */
export function validate(
  documents: readonly Document[],
  options: ValidateOptions,
  report: Report,
): Input {
  const { target, hasKeyServer, errors, isComplete } = options;
  const { hasTunnels = true, namespace = kubectlNamespace } = options;
  const lost: Diagnostic[] = [];
  const reportLost: Report = (diagnostic) => {
    lost.push(diagnostic);
    report(diagnostic);
  };
  const { providers, routes, context } = classify(documents, namespace, reportLost);
  const mended: MendedParts | undefined = errors === "refuse" ? new Map() : undefined;
  const typed: Input = {
    providers: providers.flatMap((each) => toProvider(each, reportLost, mended) ?? []),
    routes: routes.flatMap((each) => toRoute(each, reportLost, mended) ?? []),
    context,
    target,
    hasKeyServer,
    hasTunnels,
  };
  const reportRest = withoutConsequences(mended, report);
  let input = run(claims, typed, errors, reportRest);
  // What refers to a resource that can't be read would be reported as referring to nothing.
  const isKnown = lost.every(({ resource }) => resource !== undefined && mended?.has(resource));
  const isJudgeable = errors === "leave-out" || (isComplete && isKnown);
  if (isJudgeable) input = run(references, input, errors, reportRest);
  // A resource without its wrong parts may look like a mistake that it is not.
  return mended !== undefined && mended.size > 0 ? input : run(hints, input, errors, report);
}

/** What contains a part that was left out may be wrong for that reason alone. */
function withoutConsequences(mended: MendedParts = new Map(), report: Report): Report {
  return (diagnostic) => {
    const { resource, path } = diagnostic;
    const removed = (resource && mended.get(resource)) ?? [];
    const isConsequence = removed.some((part) => isInside(formatPath(part), path));
    if (!isConsequence) report(diagnostic);
  };
}

function isInside(part: string, whole: string): boolean {
  return part.startsWith(whole) && ["", ".", "["].includes(part.charAt(whole.length));
}

/** Returns what the checks leave of the input. Each check gets what those before it have left. */
function run(
  checks: readonly Check[],
  input: Input,
  errors: ValidateOptions["errors"],
  report: Report,
): Input {
  let left = input;
  for (const check of checks) {
    const failed = new Set<ResourceName | undefined>();
    check(left, (diagnostic) => {
      const isRefused = !unresolvedCodes.includes(diagnostic.code);
      if (diagnostic.severity === "error" && isRefused) failed.add(diagnostic.resource);
      report(diagnostic);
    });
    if (errors === "leave-out" && failed.size > 0) left = without(failed, left);
  }
  return left;
}

function without(failed: ReadonlySet<ResourceName | undefined>, input: Input): Input {
  const isLeft = ({ resource }: Cursor): boolean => !failed.has(resource);
  return {
    ...input,
    providers: input.providers.filter(isLeft),
    routes: input.routes.filter(isLeft),
  };
}
