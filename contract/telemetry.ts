// The names with which a call is counted and logged. Plain declarations without imports, read by
// both compilers. docs/metrics.md explains each.

/** Labels of metrics. The filter writes them into a metric's name as `LABEL=.=value;.;`. */
export const providerLabel: string = "llmproxy_provider";
export const routeLabel: string = "llmproxy_route";
export const modelLabel: string = "llmproxy_model";
export const sourceLabel: string = "llmproxy_source";
export const codeLabel: string = "llmproxy_code";
export const outcomeLabel: string = "llmproxy_outcome";
export const reasonLabel: string = "llmproxy_reason";
export const keyLabel: string = "llmproxy_key";

/** Counters. The first two names are those of Alibaba Cloud Service Mesh. */
export const promptTokensMetric: string = "asm_llm_proxy_prompt_tokens";
export const completionTokensMetric: string = "asm_llm_proxy_completion_tokens";
export const cachedTokensMetric: string = "llm_egress_cached_tokens";
export const reasoningTokensMetric: string = "llm_egress_reasoning_tokens";
export const searchUnitsMetric: string = "llm_egress_search_units";
export const usageUnknownMetric: string = "llm_egress_usage_unknown";
export const requestsMetric: string = "llm_egress_requests";
export const rejectedMetric: string = "llm_egress_rejected";
export const keyRequestsMetric: string = "llm_egress_key_requests";
export const misroutedMetric: string = "llm_egress_misrouted";

/** Histograms, in milliseconds. */
export const firstEventMetric: string = "llm_egress_ttft_ms";
export const durationMetric: string = "llm_egress_duration_ms";

/**
 * Filter state of a stream, which `%FILTER_STATE(wasm.NAME:PLAIN)%` prints. The first three names
 * are those of Alibaba Cloud Service Mesh.
 */
export const modelState: string = "asm.llmproxy.request_model";
export const promptTokensState: string = "asm.llmproxy.request_prompt_tokens";
export const completionTokensState: string = "asm.llmproxy.request_completion_tokens";
export const cachedTokensState: string = "llm_egress.cached_tokens";
export const reasoningTokensState: string = "llm_egress.reasoning_tokens";
export const outcomeState: string = "llm_egress.outcome";
export const keyState: string = "llm_egress.key";
export const firstEventState: string = "llm_egress.ttft_ms";

/** How a call ended. */
export const enum Outcome {
  /** The provider's answer has a status below 400 and was complete. */
  Ok,
  /** The provider's answer has a status of 400 or above, or reports an error in its body. */
  ProviderError,
  /** The filter refused the request. */
  Rejected,
  /** Envoy responded itself: there was no provider to connect to, or it did not answer in time. */
  GatewayError,
  /** The client disconnected before the end of the answer. */
  ClientClosed,
  /** The answer broke off. */
  ProviderClosed,
}

/** Values of `outcomeLabel` and `outcomeState`, in the order of Outcome. */
export const outcomes: string[] = [
  "ok",
  "provider_error",
  "rejected",
  "gateway_error",
  "client_closed",
  "provider_closed",
];
