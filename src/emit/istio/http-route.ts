import type { IVirtualService } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import { hasSourceLabels } from "../../plan/matches.ts";
import type {
  DestinationPlan,
  HeaderMatchPlan,
  MatchPlan,
  RoutePlan,
  RulePlan,
} from "../../plan/plan.ts";
import { unsentErrors } from "../retries.ts";
import { removedOnLastHop } from "./last-hop-headers.ts";
import type { IstioOptions } from "./options.ts";
import { plainPort, tlsSubset } from "./provider-ports.ts";

type Spec = NonNullable<IVirtualService["spec"]>;
export type HttpRoute = NonNullable<Spec["http"]>[number];
type HttpMatch = NonNullable<HttpRoute["match"]>[number];
type HttpDestination = NonNullable<HttpRoute["route"]>[number];

/**
 * The rules of `route` that can match at its gateways, in order. A rule that always matches is the
 * last one.
 */
export function toHttpRoutes(route: RoutePlan, options: IstioOptions): HttpRoute[] {
  const routes: HttpRoute[] = [];
  const held: MatchPlan[] = [];
  for (const rule of route.rules) {
    const matches = rule.matches.filter((match) => canHold(match, route));
    if (matches.length === 0) continue;
    held.push(...matches);
    const alternatives = matches.map((match) => toMatch(match, route));
    const isConditional = alternatives.every((match) => Object.keys(match).length > 0);
    routes.push({
      name: rule.name,
      ...(isConditional ? { match: alternatives } : {}),
      route: toDestinations(rule, route, options),
      // By default Istio repeats a request that may have been paid for.
      retries: { attempts: 1, retryOn: unsentErrors },
    });
    if (!isConditional) break;
  }
  // If nothing can match, no VirtualService is emitted.
  if (held.length > 0 && held.every(hasSourceLabels)) routes.push(noRule);
  return routes;
}

// For each workload, Istio omits the rules of other workloads. If none is left, a request would
// leave without any rule, in clear text.
const noRule: HttpRoute = { directResponse: { status: 404 } };

/**
 * Whether the match names one of the route's gateways, and gateways need nothing for it that only
 * sidecars know.
 */
function canHold(match: MatchPlan, route: RoutePlan): boolean {
  const { gateways } = match;
  const isNamed =
    gateways.length === 0 || gateways.some((gateway) => route.gateways.includes(gateway));
  const isForSidecars = route.gateways.every((gateway) => gateway === "mesh");
  return isNamed && (isForSidecars || !hasSourceLabels(match));
}

/**
 * The match has no name: Istio would append it to the rule's name, by which the filter finds the
 * settings.
 */
function toMatch(plan: MatchPlan, route: RoutePlan): HttpMatch {
  const { gateways, headers, sourceLabels } = plan;
  const match: HttpMatch = {};
  const named = route.gateways.filter((gateway) => gateways.includes(gateway));
  if (gateways.length > 0 && named.length < route.gateways.length) match.gateways = named;
  if (headers.length > 0) match.headers = Object.fromEntries(headers.map(toHeaderMatch));
  if (hasSourceLabels(plan)) match.sourceLabels = sourceLabels;
  return match;
}

function toHeaderMatch({ name, kind, value }: HeaderMatchPlan): [string, Record<string, string>] {
  return [name, { [kind]: value }];
}

function toDestinations(
  { destinations }: RulePlan,
  route: RoutePlan,
  options: IstioOptions,
): HttpDestination[] {
  const routed = destinations.map((destination) => ({
    ...toDestination(destination, route, options),
    ...(destinations.length > 1 ? { weight: destination.weight } : {}),
  }));
  const [only] = routed;
  if (routed.length > 1 || only?.headers?.request?.set === undefined) return routed;
  // Envoy adds x-envoy-original-host where a route rewrites the host, but not where one of its
  // weighted destinations does. Istio leaves out the second.
  return [
    { ...only, weight: 100 },
    { destination: only.destination, weight: 0 },
  ];
}

function toDestination(
  { host, port, kind, usesTls }: DestinationPlan,
  route: RoutePlan,
  options: IstioOptions,
): HttpDestination & Required<Pick<HttpDestination, "destination">> {
  // The next gateway needs the host to route by, and continues the trace.
  if (kind === "gateway") return { destination: { host, port: { number: plainPort } } };
  const subset = usesTls ? { subset: tlsSubset } : {};
  const set = host === route.host ? {} : { set: { Host: host } };
  return {
    destination: { host, port: { number: port }, ...subset },
    headers: { request: { ...set, remove: removedOnLastHop(options) } },
  };
}
