// The filter's metrics. Tests compare the dashboard, the alerts, the docs and the filter itself
// with this list.
const labels = ["llmproxy_provider", "llmproxy_route", "llmproxy_model", "llmproxy_source"];

export interface Metric {
  kind: "counter" | "histogram";
  labels: readonly string[];
}

/** By the name in Prometheus; histograms are without `_bucket`, `_sum` and `_count`. */
export const metrics: Readonly<Record<string, Metric>> = {
  asm_llm_proxy_prompt_tokens: { kind: "counter", labels },
  asm_llm_proxy_completion_tokens: { kind: "counter", labels },
  llm_egress_cached_tokens: { kind: "counter", labels },
  llm_egress_reasoning_tokens: { kind: "counter", labels },
  llm_egress_search_units: { kind: "counter", labels },
  llm_egress_requests: {
    kind: "counter",
    labels: [...labels, "llmproxy_code", "llmproxy_outcome"],
  },
  llm_egress_rejected: { kind: "counter", labels: [...labels, "llmproxy_reason"] },
  llm_egress_key_requests: {
    kind: "counter",
    labels: ["llmproxy_provider", "llmproxy_key", "llmproxy_code"],
  },
  llm_egress_usage_unknown: { kind: "counter", labels },
  llm_egress_misrouted: { kind: "counter", labels: [] },
  llm_egress_ttft_ms: { kind: "histogram", labels },
  llm_egress_duration_ms: { kind: "histogram", labels },
};

/** The values of the label `llmproxy_outcome`. */
export const outcomes = [
  ...["ok", "provider_error", "rejected", "gateway_error", "client_closed", "provider_closed"],
];
