import { isIP } from "node:net";
import type { Endpoint, ProviderPlan } from "../../plan/plan.ts";
import { toTunnel, type Tunnel } from "../tunnel.ts";
import { connectionFields } from "./connection.ts";
import type { EnvoyOptions } from "./options.ts";
import { type Extension, socketAddress, typedConfig } from "../typed-config.ts";

export interface Cluster {
  name: string;
  type: "STRICT_DNS" | "STATIC";
  dns_lookup_family?: "V4_PREFERRED";
  circuit_breakers: object;
  load_assignment: object;
  transport_socket?: Extension;
}

/** The cluster of one provider, and of nothing else. */
export function toCluster(provider: ProviderPlan, options: EnvoyOptions): Cluster {
  const name = clusterName(provider);
  const upstream = options.upstreams.get(provider.host);
  const tunnel = tunnelOf(provider, options);
  const address = tunnel === undefined ? socketAddress(upstream ?? provider) : ownAddress(tunnel);
  const endpoint = { address };
  const usesTls = upstream === undefined ? provider.tls.mode === "SIMPLE" : upstream.tls;
  const cluster: Cluster = {
    name,
    ...(tunnel === undefined ? byName : { type: "STATIC" }),
    ...connectionFields(provider.connection, usesTls),
    circuit_breakers: { thresholds: [unbounded] },
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
  if (usesTls) {
    const ownAuthorities = provider.tls.mode === "SIMPLE" ? provider.tls.caCertificates : undefined;
    const host = upstream?.host ?? provider.host;
    cluster.transport_socket = tlsSocket(host, ownAuthorities ?? options.caBundle);
  }
  return cluster;
}

const byName = { type: "STRICT_DNS", dns_lookup_family: "V4_PREFERRED" } as const;

/** What leads to the provider through its proxy; undefined if traffic goes elsewhere. */
export function tunnelOf(provider: ProviderPlan, options: EnvoyOptions): Tunnel | undefined {
  const { proxy } = provider.connection;
  if (proxy === undefined || options.upstreams.has(provider.host)) return undefined;
  return toTunnel(provider, proxy, clusterName(provider));
}

/** The address of a listener that only Envoy itself can reach. */
function ownAddress({ listener }: Tunnel): object {
  return { envoy_internal_address: { server_listener_name: listener.name } };
}

/** Istio's name for the same cluster, so that logs and metrics look the same on both targets. */
export function clusterName({ host, port }: Endpoint): string {
  return `outbound|${port}||${host}`;
}

/** The name of the cluster that hands out keys of Secrets. */
export const keyCluster = "llm-egress-keys";

/** The cluster that hands out keys, at a Unix domain socket. */
export function toKeyCluster(socket: string): object {
  const endpoint = { address: { pipe: { path: socket } } };
  return {
    name: keyCluster,
    type: "STATIC",
    connect_timeout: "1s",
    load_assignment: { cluster_name: keyCluster, endpoints: [{ lb_endpoints: [{ endpoint }] }] },
  };
}

/** Istio's value. Answers that stream for minutes soon reach Envoy's default of 1024. */
const most = 4_294_967_295;
const unbounded = {
  max_connections: most,
  max_pending_requests: most,
  max_requests: most,
  track_remaining: true,
};

function tlsSocket(host: string, trustedAuthorities: string): Extension {
  const isAddress = isIP(host) !== 0;
  const name = { san_type: isAddress ? "IP_ADDRESS" : "DNS", matcher: { exact: host } };
  return {
    name: "envoy.transport_sockets.tls",
    typed_config: typedConfig("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", {
      // SNI can't be an IP address.
      ...(isAddress ? {} : { sni: host }),
      common_tls_context: {
        validation_context: {
          trusted_ca: { filename: trustedAuthorities },
          match_typed_subject_alt_names: [name],
        },
      },
    }),
  };
}
