import type { IDestinationRule } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { ConnectionPlan, ProviderPlan } from "../../plan/plan.ts";
import { toSeconds } from "../../model/durations.ts";
import { keepaliveProbes } from "../keepalive.ts";
import { toMetadata } from "./metadata.ts";
import { tlsSubset } from "./provider-ports.ts";

/**
 * Not a file: for Istio's agent it means the system's CA bundle. It is always set, as Istio before
 * 1.21 verifies no certificate without it.
 */
const systemAuthorities = "system";

/**
 * The subset by which the proxies of the provider's namespace call it over TLS. Undefined for plain
 * HTTP, which has no TLS to lose: a rule would only hide the one that a Service's owner has, and
 * mutual TLS of the mesh may still cover it.
 */
export function toDestinationRule(provider: ProviderPlan): IDestinationRule | undefined {
  const { host, tls } = provider;
  if (tls.mode === "DISABLE") return undefined;
  return {
    apiVersion: "networking.istio.io/v1beta1",
    kind: "DestinationRule",
    metadata: toMetadata(provider),
    spec: {
      host,
      // Proxies elsewhere have no filter for the provider: without the subset, what a route leads
      // there gets 503. Istio also merges only rules that are exported alike.
      exportTo: ["."],
      subsets: [
        {
          name: tlsSubset,
          trafficPolicy: {
            connectionPool: toConnectionPool(provider.connection),
            // Without the names, any certificate of a trusted authority would do.
            tls: {
              mode: "SIMPLE",
              sni: host,
              subjectAltNames: [host],
              caCertificates: tls.caCertificates ?? systemAuthorities,
            },
          },
        },
      ],
    },
  };
}

/** With HTTP/2, ALPN offers nothing else: Istio has no choice between the two. */
function toConnectionPool(connection: ConnectionPlan): object {
  const { connectTimeoutMs, idleTimeoutMs, keepaliveMs, http2 } = connection;
  return {
    tcp: {
      connectTimeout: toSeconds(connectTimeoutMs),
      tcpKeepalive: {
        time: toSeconds(keepaliveMs),
        interval: toSeconds(keepaliveProbes.intervalMs),
        probes: keepaliveProbes.count,
      },
    },
    http: {
      idleTimeout: toSeconds(idleTimeoutMs),
      ...(http2 ? { h2UpgradePolicy: "UPGRADE" } : {}),
    },
  };
}
