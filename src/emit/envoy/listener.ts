import type { Plan } from "../../plan/plan.ts";
import { localReplyConfig } from "../local-replies.ts";
import { accessLog } from "./access-log.ts";
import type { EnvoyOptions } from "./options.ts";
import { toRouteConfig } from "./route-config.ts";
import { type Extension, socketAddress, typedConfig } from "../typed-config.ts";
import { toWasmFilter } from "./wasm-filter.ts";

export interface Listener {
  name: string;
  address: object;
  filter_chains: { filters: Extension[] }[];
}

/** The one listener, for HTTP/1.0, HTTP/1.1 and HTTP/2 without TLS. */
export function toListener(plan: Plan, options: EnvoyOptions): Listener {
  return {
    name: "llm-egress",
    address: socketAddress(options.listen),
    filter_chains: [{ filters: [connectionManager(plan, options)] }],
  };
}

function connectionManager(plan: Plan, options: EnvoyOptions): Extension {
  const message =
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
  return {
    name: "envoy.filters.network.http_connection_manager",
    typed_config: typedConfig(message, {
      stat_prefix: "llm_egress",
      codec_type: "AUTO",
      use_remote_address: true,
      // No client is internal: Envoy trusts x-envoy-* headers from no address.
      internal_address_config: {},
      http_protocol_options: {
        accept_http_10: true,
        // Envoy would refuse the request, but write its path and query into the log at warning.
        ignore_http_11_upgrade: [{ exact: "connect-udp", ignore_case: true }],
      },
      // An answer may think for minutes before its first token: only silence ends a stream.
      request_timeout: "0s",
      stream_idle_timeout: "900s",
      request_headers_timeout: "10s",
      access_log: [accessLog()],
      local_reply_config: localReplyConfig(),
      // They reach the filter, which refuses them all. By itself, Envoy replies 403 without a body,
      // which clients don't take as a reason to go on without a websocket.
      upgrade_configs: [{ upgrade_type: "websocket" }],
      http_filters: [toWasmFilter(plan, options), router()],
      route_config: toRouteConfig(plan),
    }),
  };
}

function router(): Extension {
  return {
    name: "envoy.filters.http.router",
    typed_config: typedConfig("envoy.extensions.filters.http.router.v3.Router", {
      // The router would add x-envoy-* headers after the filter has removed them.
      suppress_envoy_headers: true,
    }),
  };
}
