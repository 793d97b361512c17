import type { DestinationPlan, HeaderMatchPlan, MatchPlan, RulePlan } from "../../plan/plan.ts";
import { unsentErrors } from "../retries.ts";
import { clusterName } from "./cluster.ts";

export interface Route {
  /** The rule's name: the filter finds the rule's settings by it. */
  name: string;
  match: { prefix: "/"; headers?: object[] };
  route: RouteAction;
}

export interface RouteAction extends Partial<Target> {
  weighted_clusters?: { clusters: (Target & { name: string; weight: number })[] };
  timeout: string;
  idle_timeout: string;
  retry_policy: object;
}

interface Target {
  cluster?: string;
  host_rewrite_literal?: string;
}

/** When the request's host is rewritten to the provider's. */
export enum HostRewrite {
  WhereDifferent,
  Always,
}

/** A rule with one of its matches. Without a match, the rule applies to every request. */
export interface RouteSource {
  rule: RulePlan;
  match?: MatchPlan;
  /** The host of the LLMRoute. */
  routeHost: string;
  rewrite: HostRewrite;
}

/** Only what has not reached the provider is sent again: it bills a repeated request twice. */
const retry_policy = { retry_on: unsentErrors, num_retries: 1 };

/** The Envoy route for one match of a rule. */
export function toRoute(source: RouteSource): Route {
  const { rule, match } = source;
  const headers = (match?.headers ?? []).map(toHeaderMatch);
  return {
    name: rule.name,
    match: headers.length > 0 ? { prefix: "/", headers } : { prefix: "/" },
    route: { ...toTargets(source), timeout: "0s", idle_timeout: "900s", retry_policy },
  };
}

function toTargets(source: RouteSource): Partial<RouteAction> {
  const { destinations } = source.rule;
  const [only] = destinations;
  if (only !== undefined && destinations.length === 1) {
    return { cluster: clusterName(only), ...hostRewrite(only, source) };
  }
  const clusters = destinations.map((destination) => ({
    name: clusterName(destination),
    weight: destination.weight,
    ...hostRewrite(destination, source),
  }));
  return { weighted_clusters: { clusters } };
}

function hostRewrite(
  { host }: DestinationPlan,
  { routeHost, rewrite }: RouteSource,
): Pick<Target, "host_rewrite_literal"> {
  const isKept = rewrite === HostRewrite.WhereDifferent && host === routeHost;
  return isKept ? {} : { host_rewrite_literal: host };
}

function toHeaderMatch({ name, kind, value }: HeaderMatchPlan): object {
  const condition = kind === "regex" ? { safe_regex: { regex: value } } : { [kind]: value };
  return { name, string_match: condition };
}
