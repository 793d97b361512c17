/** What Istio's resources need in addition to the plan. */
export interface IstioOptions {
  /**
   * Where Istio's agent fetches the filter's module: `oci://`, `https://`, `http://` or `file://`.
   */
  wasmUrl: string;
  /** The module's SHA-256, if the URL does not end in `@sha256:` and the digest. */
  wasmSha256?: string;
  /**
   * What a gateway does if the filter fails: it refuses requests and, with FAIL_RELOAD (Istio
   * 1.27), tries to start the filter again.
   */
  failStrategy: FailStrategy;
  /** Whether providers get the headers with which the mesh traces requests. */
  traceHeaders: "removed" | "kept";
  /** Whether what gateways answer by themselves has the form of OpenAI's errors. */
  localReplies: "plain" | "openai";
  /** Whether providers may have proxies, to which EnvoyFilters lead. */
  proxies: boolean;
  /** How many callers metrics distinguish, in each worker. */
  maxSources: number;
  /** How many models that only clients name metrics distinguish, in each worker. */
  maxModels: number;
  /**
   * What is emitted: all resources, or the WasmPlugins alone, for a mesh that makes its own routes
   * and TLS of the same resources. Its routes then name clusters without a subset.
   */
  contents: "all" | "plugins";
  /** Envoy's name of the cluster that hands out keys. */
  keyCluster?: string;
}

// Never FAIL_OPEN: a request that the filter has not seen must not leave.
export const failStrategies = ["FAIL_RELOAD", "FAIL_CLOSE"] as const;

export type FailStrategy = (typeof failStrategies)[number];
