// How a cluster's connections are made and kept: its part of the cluster.
import { toSeconds } from "../../model/durations.ts";
import type { ConnectionPlan } from "../../plan/plan.ts";
import { keepaliveProbes } from "../keepalive.ts";
import { typedConfig } from "../typed-config.ts";

const httpOptions = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** The fields of a cluster that the connection says. With TLS, ALPN decides about HTTP/2. */
export function connectionFields(
  { connectTimeoutMs, idleTimeoutMs, keepaliveMs, http2 }: ConnectionPlan,
  usesTls: boolean,
): object {
  const versions = !http2
    ? { explicit_http_config: { http_protocol_options: {} } }
    : usesTls
      ? { auto_config: { http_protocol_options: {}, http2_protocol_options: {} } }
      : { explicit_http_config: { http2_protocol_options: {} } };
  return {
    connect_timeout: toSeconds(connectTimeoutMs),
    typed_extension_protocol_options: {
      [httpOptions]: typedConfig(httpOptions, {
        common_http_protocol_options: { idle_timeout: toSeconds(idleTimeoutMs) },
        ...versions,
      }),
    },
    upstream_connection_options: {
      tcp_keepalive: {
        keepalive_time: Math.ceil(keepaliveMs / 1000),
        keepalive_interval: keepaliveProbes.intervalMs / 1000,
        keepalive_probes: keepaliveProbes.count,
      },
    },
  };
}

/** Lets Envoy connect to its own listeners. */
export const internalListeners = {
  name: "envoy.bootstrap.internal_listener",
  typed_config: typedConfig("envoy.extensions.bootstrap.internal_listener.v3.InternalListener"),
};
