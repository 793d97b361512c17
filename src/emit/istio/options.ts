/** What Istio's resources need to know beside the plan. */
export interface IstioOptions {
  /**
   * Where Istio's agent fetches the filter's module: `oci://`, `https://`, `http://` or `file://`.
   */
  wasmUrl: string;
  /** The module's SHA-256, if the URL does not end in `@sha256:` and the digest. */
  wasmSha256?: string;
  /**
   * What a gateway does without a working filter: refuse, and with FAIL_RELOAD (Istio 1.27) try to
   * start it again.
   */
  failStrategy: FailStrategy;
  /** Whether providers may see the headers by which the mesh traces requests. */
  traceHeaders: "removed" | "kept";
  /** How many callers metrics distinguish, in each worker. */
  maxSources: number;
}

// Never FAIL_OPEN: a request that the filter has not seen must not leave.
export const failStrategies = ["FAIL_RELOAD", "FAIL_CLOSE"] as const;

export type FailStrategy = (typeof failStrategies)[number];
