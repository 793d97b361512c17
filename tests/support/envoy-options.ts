import type { EnvoyOptions } from "../../src/emit/envoy/options.ts";

/** Options for tests of the Envoy emitter, with changes. */
export function envoyOptions(changes: Partial<EnvoyOptions> = {}): EnvoyOptions {
  return {
    listen: { host: "127.0.0.1", port: 10000 },
    admin: { host: "127.0.0.1", port: 9901 },
    wasmFile: "/opt/llm-egress/llm-egress.wasm",
    caBundle: "/etc/ssl/certs/ca-certificates.crt",
    upstreams: new Map(),
    maxSources: 200,
    maxModels: 50,
    ...changes,
  };
}
