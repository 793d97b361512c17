import type { Endpoint } from "../../plan/plan.ts";

/** What the Envoy bootstrap needs in addition to the plan. */
export interface EnvoyOptions {
  /** The address for requests: an IP address and a port. */
  listen: Endpoint;
  /**
   * Where Envoy's admin interface listens; without it, there is none. It answers whoever reaches
   * it, whatever `Host` and `Origin` say, and Envoy can't check them.
   */
  admin?: AdminAddress;
  /** Absolute path of the filter's module. */
  wasmFile: string;
  /** Absolute path of the CA certificates that are trusted for providers without their own. */
  caBundle: string;
  /** Where traffic goes instead of to the provider, by the provider's host. */
  upstreams: ReadonlyMap<string, Upstream>;
  /** How many callers metrics distinguish, in each worker. */
  maxSources: number;
  /** Absolute path of the Unix domain socket at which keys of Secrets are handed out, if any are. */
  keySocket?: string;
}

/** An IP address and a port, or the absolute path of a Unix domain socket. */
export type AdminAddress = Endpoint | { socket: string };

export interface Upstream extends Endpoint {
  tls: boolean;
}

/** `host:port`, as a client writes it in `:authority`. */
export function formatAddress({ host, port }: Endpoint): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}
