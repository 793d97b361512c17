import {
  codeLabel,
  keyLabel,
  modelLabel,
  outcomeLabel,
  providerLabel,
  reasonLabel,
  routeLabel,
  sourceLabel,
} from "../../../contract/telemetry.ts";

/** All labels of the filter's metrics. */
export const metricLabels = [
  ...[providerLabel, routeLabel, modelLabel, sourceLabel],
  ...[codeLabel, outcomeLabel, reasonLabel, keyLabel],
];

/**
 * Extracts the labels from the metric names, with the regular expressions that Istio generates for
 * `extraStatTags`. Envoy's default tags stay.
 */
export function statsConfig(): object {
  return {
    stats_tags: metricLabels.map((label) => ({
      tag_name: label,
      regex: `(${label}=\\.=(.*?);\\.;)`,
    })),
  };
}
