// The plan: all that the resources say, resolved and in one plain data model, from which every
// emitter builds its configuration. It knows neither Istio nor Envoy. It is deterministic: the same
// resources give the same plan, in any order.
import type { PluginSettings } from "../../contract/plugin-config.ts";

export interface Plan {
  /** By namespace and name. */
  providers: ProviderPlan[];
  /** By namespace and name. */
  routes: RoutePlan[];
  /** The hosts that clients may address, in lower case, sorted. */
  authorities: string[];
}

export interface ProviderPlan extends Endpoint {
  name: string;
  namespace: string;
  tls: TlsPlan;
  connection: ConnectionPlan;
  /** The chat completions path. */
  path: string;
  /** As the plugin configuration has them. */
  endpoints: string[];
  /** Request headers that are removed, in lower case. */
  removedHeaders: string[];
  /** Request headers that are set, by name in lower case; `${NAME}` is a variable. */
  setHeaders: Record<string, string>;
  /** The same, with references to keys in Secrets, `NAME/KEY`. */
  secretHeaders: Record<string, string>;
  /** The same, if the client sent none. */
  defaultHeaders: Record<string, string>;
  /** Labels of the proxies, in the same namespace, that call the provider. Empty: all of them. */
  workloadLabels: Record<string, string>;
  /** For every request, unless `routeSettings` has the request's rule. */
  settings: PluginSettings;
  /** By rule name and route. */
  routeSettings: RouteSettingsPlan[];
}

/** What applies to requests that took one rule of one LLMRoute. */
export interface RouteSettingsPlan {
  rule: string;
  /** The LLMRoute. */
  route: { namespace: string; name: string };
  /** Complete. */
  settings: PluginSettings;
}

export interface Endpoint {
  host: string;
  port: number;
}

/**
 * Plain HTTP, or TLS; without `caCertificates` (a file in the gateway) the system's authorities are
 * trusted.
 */
export type TlsPlan = { mode: "DISABLE" } | { mode: "SIMPLE"; caCertificates?: string };

export interface ConnectionPlan {
  idleTimeoutMs: number;
  connectTimeoutMs: number;
  keepaliveMs: number;
  http2: boolean;
  proxy?: ProxyPlan;
}

export interface ProxyPlan extends Endpoint {
  /** The variable that has the value of Proxy-Authorization. */
  authorization?: string;
}

export interface RoutePlan {
  name: string;
  namespace: string;
  host: string;
  /** `mesh` or `namespace/name`. Empty if the resource names none. */
  gateways: string[];
  /** In the order in which they are tried. */
  rules: RulePlan[];
}

export interface RulePlan {
  name: string;
  /** Alternatives; never empty. */
  matches: MatchPlan[];
  /** Never empty; the weights add up to 100. */
  destinations: DestinationPlan[];
}

/** Conditions that must all hold. */
export interface MatchPlan {
  /** Where the match applies, as in RoutePlan. */
  gateways: string[];
  headers: HeaderMatchPlan[];
  sourceLabels: Record<string, string>;
}

export interface HeaderMatchPlan {
  /** In lower case. */
  name: string;
  kind: "exact" | "prefix" | "regex";
  value: string;
}

export interface DestinationPlan extends Endpoint {
  /** A provider; another gateway of the mesh, on the way to one; or a host that no provider has. */
  kind: "provider" | "gateway" | "unserved";
  /** Whether it is a provider that is called over TLS. */
  usesTls: boolean;
  weight: number;
}
