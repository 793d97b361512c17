import type { Endpoint } from "../../plan/plan.ts";

/** The name that Istio gives the same cluster, so that logs and metrics read alike on both. */
export function clusterName({ host, port }: Endpoint): string {
  return `outbound|${port}||${host}`;
}
