import type { IstioOptions } from "../../src/emit/istio/options.ts";

/** Options that are the same on every machine, with changes. */
export function istioOptions(changes: Partial<IstioOptions> = {}): IstioOptions {
  return {
    wasmUrl: "oci://registry.example/llm-egress:0.2.0",
    failStrategy: "FAIL_RELOAD",
    traceHeaders: "removed",
    localReplies: "plain",
    proxies: true,
    maxSources: 200,
    maxModels: 50,
    contents: "all",
    ...changes,
  };
}
