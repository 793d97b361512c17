import type { IstioOptions } from "./options.ts";

/**
 * What Istio and Envoy's router add after the filter, and no provider needs: the request's origin,
 * and its path through the mesh.
 */
const meshHeaders = [
  "x-envoy-attempt-count",
  "x-envoy-decorator-operation",
  "x-envoy-expected-rq-timeout-ms",
  "x-envoy-is-timeout-retry",
  "x-envoy-original-path",
  "x-envoy-peer-metadata",
  "x-envoy-peer-metadata-id",
  "x-forwarded-proto",
];

/** Trace contexts of the usual tracers. `baggage` may hold whatever an application put there. */
const traceHeaders = [
  "b3",
  "baggage",
  "grpc-trace-bin",
  "sw8",
  "traceparent",
  "tracestate",
  "x-b3-flags",
  "x-b3-parentspanid",
  "x-b3-sampled",
  "x-b3-spanid",
  "x-b3-traceid",
  "x-cloud-trace-context",
  "x-datadog-parent-id",
  "x-datadog-sampling-priority",
  "x-datadog-trace-id",
  "x-ot-span-context",
];

/** The request headers that are removed on the last hop, to a provider. */
export function removedOnLastHop(options: Pick<IstioOptions, "traceHeaders">): string[] {
  return options.traceHeaders === "kept" ? meshHeaders : [...meshHeaders, ...traceHeaders];
}
