import { rootNamespace } from "../../model/route.ts";
import type { Plan, ProviderPlan, RoutePlan } from "../../plan/plan.ts";

/** The proxies that one selector matches, with the providers that they call. */
export interface Workload {
  namespace: string;
  /** Empty: every proxy of the namespace. */
  labels: Record<string, string>;
  providers: ProviderPlan[];
}

/** The plan's providers by the workloads that call them, in the plan's order. */
export function workloadsOf({ providers }: Plan): Workload[] {
  const workloads = new Map<string, Workload>();
  for (const provider of providers) {
    const { namespace, workloadLabels: labels } = provider;
    const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = JSON.stringify([namespace, sorted]);
    const workload = workloads.get(key) ?? {
      namespace,
      labels: Object.fromEntries(sorted),
      providers: [],
    };
    workload.providers.push(provider);
    workloads.set(key, workload);
  }
  return [...workloads.values()];
}

/**
 * The other providers that rules lead to, and that no filter at the workload's proxies serves. What
 * reaches one of them there would leave without the filter's edits.
 */
export function foreignProviders(workload: Workload, plan: Plan): ProviderPlan[] {
  const reached = new Set(
    plan.routes
      .flatMap(({ rules }) => rules)
      .flatMap(({ destinations }) => destinations.map(hostOf)),
  );
  return plan.providers.filter(
    (provider) =>
      reached.has(provider.host) &&
      !workload.providers.includes(provider) &&
      !(canShareProxies(workload, provider) && isServedBeside(workload, provider, plan)),
  );
}

const hostOf = ({ host }: { host: string }): string => host;

/** Whether no label keeps the two selectors apart. */
function canShareProxies({ labels }: Workload, { workloadLabels }: ProviderPlan): boolean {
  return Object.entries(workloadLabels).every(
    ([name, value]) => labels[name] === undefined || labels[name] === value,
  );
}

/**
 * Whether the provider's own filter is at those of the workload's proxies that may call it: in its
 * own namespace; from Istio's root namespace the workload's filter reaches proxies there as well.
 */
function isServedBeside(workload: Workload, provider: ProviderPlan, plan: Plan): boolean {
  const { namespace, host } = provider;
  if (namespace === workload.namespace) return true;
  if (workload.namespace !== rootNamespace) return false;
  const gateways = plan.routes.flatMap((route) => gatewaysTo(host, route));
  return gateways.every((gateway) => gateway === "mesh" || gateway.startsWith(`${namespace}/`));
}

/** Where the route's rules lead to the host: `mesh` or `namespace/name`. */
function gatewaysTo(host: string, route: RoutePlan): string[] {
  const listed = route.gateways.length > 0 ? route.gateways : ["mesh"];
  const rules = route.rules.filter(({ destinations }) => destinations.map(hostOf).includes(host));
  return rules
    .flatMap(({ matches }) => matches)
    .flatMap(({ gateways }) => (gateways.length > 0 ? gateways : listed));
}
