import {
  cachedTokensState,
  completionTokensState,
  firstEventState,
  keyState,
  modelState,
  outcomeState,
  promptTokensState,
  reasoningTokensState,
} from "../../../contract/telemetry.ts";
import { type Extension, typedConfig } from "../typed-config.ts";

const filterState = (name: string) => `%FILTER_STATE(wasm.${name}:PLAIN)%`;

/**
 * The fields of the access log. Neither paths nor credentials: a client may have put a key into the
 * query.
 */
export const accessLogFields = {
  start_time: "%START_TIME%",
  method: "%REQ(:METHOD)%",
  authority: "%REQ(:AUTHORITY)%",
  route_name: "%ROUTE_NAME%",
  upstream_cluster: "%UPSTREAM_CLUSTER%",
  downstream_peer_uri_san: "%DOWNSTREAM_PEER_URI_SAN%",
  response_code: "%RESPONSE_CODE%",
  response_code_details: "%RESPONSE_CODE_DETAILS%",
  duration: "%DURATION%",
  bytes_received: "%BYTES_RECEIVED%",
  bytes_sent: "%BYTES_SENT%",
  // These three have the names that Alibaba Cloud Service Mesh documents.
  request_model: filterState(modelState),
  request_prompt_tokens: filterState(promptTokensState),
  request_completion_tokens: filterState(completionTokensState),
  llm_cached_tokens: filterState(cachedTokensState),
  llm_reasoning_tokens: filterState(reasoningTokensState),
  llm_outcome: filterState(outcomeState),
  llm_ttft_ms: filterState(firstEventState),
  llm_key: filterState(keyState),
} as const;

/** A field of the access log. */
export type AccessLogField = keyof typeof accessLogFields;

/** One line of JSON per request, on Envoy's standard output. */
export function accessLog(): Extension {
  return {
    name: "envoy.access_loggers.stdout",
    typed_config: typedConfig("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog", {
      log_format: { json_format: accessLogFields },
    }),
  };
}
