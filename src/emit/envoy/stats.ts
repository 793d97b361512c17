/** The labels that the filter writes into the names of its metrics, as `LABEL=.=value;.;`. */
export const metricLabels = [
  ...["llmproxy_provider", "llmproxy_route", "llmproxy_model", "llmproxy_source"],
  ...["llmproxy_code", "llmproxy_outcome", "llmproxy_reason"],
] as const;

/** Takes the labels out of the names, with the regular expressions that Istio makes of `extraStatTags`; Envoy's own tags stay. */
export function statsConfig(): object {
  return {
    stats_tags: metricLabels.map((label) => ({
      tag_name: label,
      regex: `(${label}=\\.=(.*?);\\.;)`,
    })),
  };
}
