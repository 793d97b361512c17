import { namesOnlyMesh } from "../model/route.ts";
import type { MatchPlan } from "./plan.ts";

/** Whether a match is for some workloads only. */
export function hasSourceLabels({ sourceLabels }: MatchPlan): boolean {
  return Object.keys(sourceLabels).length > 0;
}

/**
 * Whether gateways can apply a match: not if it is for sidecars only, or depends on labels of
 * workloads, which only sidecars know.
 */
export function isForGateways(match: MatchPlan): boolean {
  return !namesOnlyMesh(match.gateways) && !hasSourceLabels(match);
}
