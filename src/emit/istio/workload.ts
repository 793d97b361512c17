import type { Plan, ProviderPlan } from "../../plan/plan.ts";

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
