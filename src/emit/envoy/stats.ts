import {
  codeLabel,
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
  ...[codeLabel, outcomeLabel, reasonLabel],
];

/**
 * Takes the labels out of the names, with the regular expressions that Istio makes of
 * `extraStatTags`; Envoy's own tags stay.
 */
export function statsConfig(): object {
  return {
    stats_tags: metricLabels.map((label) => ({
      tag_name: label,
      regex: `(${label}=\\.=(.*?);\\.;)`,
    })),
  };
}
