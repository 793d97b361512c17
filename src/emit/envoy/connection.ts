// How a cluster's connections are made and kept: its part of the cluster, and the way through a proxy.
import { toSeconds } from "../../model/durations.ts";
import type { ConnectionPlan, ProviderPlan, ProxyPlan } from "../../plan/plan.ts";
import { keepaliveProbes } from "../keepalive.ts";
import { formatAddress } from "./options.ts";
import { socketAddress, typedConfig } from "./typed-config.ts";

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

/** What leads to the provider through its proxy: TLS goes through the tunnel, and is verified. */
export interface Tunnel {
  listener: object;
  cluster: { name: string } & Record<string, unknown>;
  /** The address of the listener. */
  address: object;
}

/** The tunnel to a provider: an internal listener that sends CONNECT to the proxy. */
export function toTunnel(provider: ProviderPlan, proxy: ProxyPlan, name: string): Tunnel {
  const tunnel = `proxy|${name}`;
  const { host, port, authorization } = proxy;
  const header = { key: "Proxy-Authorization", value: variableOf(authorization) };
  const tunneling_config = {
    hostname: formatAddress(provider),
    ...(authorization === undefined ? {} : { headers_to_add: [{ header }] }),
  };
  const message = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  const config = { stat_prefix: "llm_egress_proxy", cluster: tunnel, tunneling_config };
  const filter = {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typedConfig(message, config),
  };
  const endpoint = { address: socketAddress({ host, port }) };
  return {
    listener: { name: tunnel, internal_listener: {}, filter_chains: [{ filters: [filter] }] },
    cluster: {
      name: tunnel,
      type: "STRICT_DNS",
      dns_lookup_family: "V4_PREFERRED",
      connect_timeout: toSeconds(provider.connection.connectTimeoutMs),
      load_assignment: { cluster_name: tunnel, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    },
    address: { envoy_internal_address: { server_listener_name: tunnel } },
  };
}

/** Envoy reads the variable itself: its configuration has the name only. */
function variableOf(name = ""): string {
  return `%ENVIRONMENT(${name})%`;
}

/** Lets Envoy connect to its own listeners. */
export const internalListeners = {
  name: "envoy.bootstrap.internal_listener",
  typed_config: typedConfig("envoy.extensions.bootstrap.internal_listener.v3.InternalListener"),
};
