// The way to a provider through its proxy: a listener of Envoy's own that sends CONNECT. For Envoy's
// bootstrap, and for Istio's EnvoyFilter. TLS goes through the tunnel, and is not made here.
import { toSeconds } from "../model/durations.ts";
import type { ProviderPlan, ProxyPlan } from "../plan/plan.ts";
import { formatAddress } from "./envoy/options.ts";
import { socketAddress, typedConfig } from "./typed-config.ts";

export interface Tunnel {
  /** Without an address. */
  listener: { name: string; filter_chains: object[] };
  /** The proxy. */
  cluster: { name: string } & Record<string, unknown>;
}

/** The tunnel to a provider whose cluster is `cluster`. */
export function toTunnel(provider: ProviderPlan, proxy: ProxyPlan, cluster: string): Tunnel {
  const name = `proxy|${cluster}`;
  const { host, port, authorization } = proxy;
  const header = { key: "Proxy-Authorization", value: variableOf(authorization) };
  const tunneling_config = {
    hostname: formatAddress(provider),
    ...(authorization === undefined ? {} : { headers_to_add: [{ header }] }),
  };
  const message = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy";
  const config = { stat_prefix: "llm_egress_proxy", cluster: name, tunneling_config };
  const filter = {
    name: "envoy.filters.network.tcp_proxy",
    typed_config: typedConfig(message, config),
  };
  const endpoint = { address: socketAddress({ host, port }) };
  return {
    listener: { name, filter_chains: [{ filters: [filter] }] },
    cluster: {
      name,
      type: "STRICT_DNS",
      dns_lookup_family: "V4_PREFERRED",
      connect_timeout: toSeconds(provider.connection.connectTimeoutMs),
      load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
    },
  };
}

/** Envoy reads the variable itself: its configuration has the name only. */
function variableOf(name = ""): string {
  return `%ENVIRONMENT(${name})%`;
}
