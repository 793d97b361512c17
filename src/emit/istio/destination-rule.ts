import type { IDestinationRule } from "@kubernetes-models/istio/networking.istio.io/v1beta1";
import type { ProviderPlan } from "../../plan/plan.ts";
import { toMetadata } from "./metadata.ts";

/**
 * Not a file: for Istio's agent it means the system's CA bundle. It is always set, as Istio before
 * 1.21 verifies no certificate without it.
 */
const systemAuthorities = "system";

/**
 * Has the proxies of the provider's namespace speak TLS to it; undefined for plain HTTP, which
 * mutual TLS of the mesh may still cover.
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
      // Elsewhere applications may call the provider with TLS of their own, which this would wrap
      // once more.
      exportTo: ["."],
      trafficPolicy: {
        // Without the names, any certificate of a trusted authority would do.
        tls: {
          mode: "SIMPLE",
          sni: host,
          subjectAltNames: [host],
          caCertificates: tls.caCertificates ?? systemAuthorities,
        },
      },
    },
  };
}
