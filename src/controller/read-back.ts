// The plan of providers and routes, read back from the objects that they have become: the inverse of
// emit/istio, as far as the controller needs it. So what is in effect is known without any memory.
import type { PluginConfig, PluginProvider, PluginRoute } from "../../contract/plugin-config.ts";
import { tlsSubset } from "../emit/istio/provider-ports.ts";
import type { KubeObject } from "../kube/client.ts";
import { endpointLines } from "../model/endpoints.ts";
import { defaultConnection } from "../plan/build.ts";
import type {
  ConnectionPlan,
  DestinationPlan,
  HeaderMatchPlan,
  MatchPlan,
  ProviderPlan,
  RoutePlan,
  RouteSettingsPlan,
  TlsPlan,
} from "../plan/plan.ts";
import { formChecks, isFlat } from "./live-forms.ts";

/** The parts of a WasmPlugin that are read. */
export interface PluginSpec {
  selector?: { matchLabels?: Record<string, string> };
  vmConfig?: { env?: { name: string; valueFrom: string }[] };
  pluginConfig: PluginConfig;
}

interface RuleSpec {
  subsets: { trafficPolicy: { tls: { caCertificates?: string }; connectionPool: PoolSpec } }[];
}

interface PoolSpec {
  tcp: { connectTimeout: string; tcpKeepalive: { time: string } };
  http: { idleTimeout: string; h2UpgradePolicy?: string };
}

/** The parts of the EnvoyFilter of a tunnel that are read: the patches are cluster and listener. */
interface TunnelSpec {
  configPatches: { patch: { value: TunnelPart } }[];
}

interface TunnelPart {
  load_assignment?: { endpoints: { lb_endpoints: { endpoint: { address: SocketAddress } }[] }[] };
  filter_chains?: { filters: { typed_config: TcpProxy }[] }[];
}

interface SocketAddress {
  socket_address: { address: string; port_value: number };
}

interface TcpProxy {
  tunneling_config: { headers_to_add?: { header: { value: string } }[] };
}

/** The parts of a VirtualService that are read. */
export interface RouteSpec {
  hosts: string[];
  gateways?: string[];
  http?: HttpSpec[];
}

interface HttpSpec {
  name?: string;
  match?: {
    gateways?: string[];
    headers?: Record<string, Record<string, string>>;
    sourceLabels?: Record<string, string>;
  }[];
  route?: {
    destination: { host: string; port: { number: number } };
    weight?: number;
    headers?: object;
  }[];
}

/** What a provider has become beside its part of a WasmPlugin, by `namespace/name`. */
export interface ProviderObjects {
  DestinationRule: ReadonlyMap<string, KubeObject>;
  EnvoyFilter: ReadonlyMap<string, KubeObject>;
}

/** The spec of a WasmPlugin; undefined if somebody has edited it so that it can't be read. */
export function readPlugin(plugin: KubeObject): PluginSpec | undefined {
  return readSpec<PluginSpec>("WasmPlugin", plugin);
}

function readSpec<Spec>(kind: keyof typeof formChecks, object?: KubeObject): Spec | undefined {
  const spec = object?.["spec"];
  return formChecks[kind](spec) && isFlat(spec) ? (spec as Spec) : undefined;
}

/** The providers of a WasmPlugin. */
export function readProviders(plugin: KubeObject, live: ProviderObjects): ProviderPlan[] {
  const spec = readPlugin(plugin);
  if (spec === undefined) return [];
  const { selector, pluginConfig } = spec;
  // A former version of the controller wrote none: it had the default endpoints.
  const sets = (pluginConfig as Partial<PluginConfig>).endpoints ?? [];
  // A plugin has the providers of its own namespace: it says nothing about others.
  const namespace = plugin.metadata.namespace ?? "";
  const entries = pluginConfig.providers.filter(({ name }) => name.startsWith(`${namespace}/`));
  return entries.map((entry): ProviderPlan => {
    const rule = readSpec<RuleSpec>("DestinationRule", live.DestinationRule.get(entry.name));
    const { host, port, subset } = clusterOf(entry);
    return {
      name: entry.name.slice(namespace.length + 1),
      namespace,
      host,
      port,
      tls: subset === tlsSubset ? readTls(rule) : { mode: "DISABLE" },
      connection: {
        ...readConnection(rule),
        ...readProxy(readSpec("EnvoyFilter", live.EnvoyFilter.get(`${entry.name}-proxy`))),
      },
      path: entry.path,
      endpoints: sets[entry.endpoints] ?? endpointLines(),
      removedHeaders: entry.removedHeaders ?? [],
      setHeaders: entry.setHeaders ?? {},
      secretHeaders: entry.secretHeaders ?? {},
      defaultHeaders: entry.defaultHeaders ?? {},
      workloadLabels: selector?.matchLabels ?? {},
      settings: entry.settings,
      routeSettings: entry.routes.map(readRouteSettings),
    };
  });
}

/** The first VirtualService has the name of the LLMRoute. */
function readRouteSettings({ name, virtualServices, settings }: PluginRoute): RouteSettingsPlan {
  const [namespace = "", route = ""] = virtualServices?.[0]?.split("/") ?? [];
  return { rule: name, route: { namespace, name: route }, settings };
}

/** istiod's `outbound|PORT|SUBSET|HOST`; the last cluster is that of the provider's own port. */
function clusterOf({ clusters }: PluginProvider): { host: string; port: number; subset: string } {
  const [, port, subset = "", host = ""] = clusters.at(-1)?.split("|") ?? [];
  return { host, port: Number(port), subset };
}

/** Without a rule that can be read, the system's authorities are trusted: there is TLS in any case. */
function readTls(rule: RuleSpec | undefined): TlsPlan {
  const { caCertificates = "system" } = rule?.subsets[0]?.trafficPolicy.tls ?? {};
  return caCertificates === "system" ? { mode: "SIMPLE" } : { mode: "SIMPLE", caCertificates };
}

function readConnection(rule: RuleSpec | undefined): ConnectionPlan {
  const pool = rule?.subsets[0]?.trafficPolicy.connectionPool;
  if (pool === undefined) return defaultConnection;
  return {
    idleTimeoutMs: readMs(pool.http.idleTimeout),
    connectTimeoutMs: readMs(pool.tcp.connectTimeout),
    keepaliveMs: readMs(pool.tcp.tcpKeepalive.time),
    http2: pool.http.h2UpgradePolicy === "UPGRADE",
  };
}

function readProxy(filter: TunnelSpec | undefined): Pick<ConnectionPlan, "proxy"> {
  const [cluster, listener] = filter?.configPatches.map(({ patch }) => patch.value) ?? [];
  const [endpoint] = cluster?.load_assignment?.endpoints[0]?.lb_endpoints ?? [];
  if (endpoint === undefined) return {};
  const { address: host, port_value: port } = endpoint.endpoint.address.socket_address;
  const { typed_config } = listener?.filter_chains?.[0]?.filters[0] ?? {};
  const value = typed_config?.tunneling_config.headers_to_add?.[0]?.header.value ?? "";
  const authorization = /^%ENVIRONMENT\(([A-Za-z_][A-Za-z0-9_]*)\)%$/.exec(value)?.[1];
  return { proxy: { host, port, ...(authorization === undefined ? {} : { authorization }) } };
}

function readMs(seconds: string): number {
  return Math.round(Number.parseFloat(seconds) * 1000);
}

/**
 * The rules of a VirtualService; undefined if it can't be read. Whether a destination is served is
 * for `joinPlan` to say. A route that has become two VirtualServices is read back as two, which
 * become the same again.
 */
export function readRoute(object: KubeObject): RoutePlan | undefined {
  const spec = readSpec<RouteSpec>("VirtualService", object);
  if (spec === undefined) return undefined;
  const { hosts, gateways = [], http = [] } = spec;
  const { metadata } = object;
  return {
    name: metadata.name,
    namespace: metadata.namespace ?? "",
    host: hosts[0] ?? "",
    gateways,
    rules: http.flatMap(({ name, match = [{}], route = [] }) =>
      // A route without a name is the one that answers 404 if no rule holds.
      name === undefined
        ? []
        : [{ name, matches: match.map(readMatch), destinations: readDestinations(route) }],
    ),
  };
}

function readMatch(match: NonNullable<HttpSpec["match"]>[number]): MatchPlan {
  const { gateways = [], headers = {}, sourceLabels = {} } = match;
  const conditions = Object.entries(headers).flatMap(([name, condition]) =>
    Object.entries(condition).map(([kind, value]) => ({ name, kind, value }) as HeaderMatchPlan),
  );
  return { gateways, headers: conditions, sourceLabels };
}

/** A second destination of weight 0 stands beside a single one whose host is rewritten. */
function readDestinations(route: NonNullable<HttpSpec["route"]>): DestinationPlan[] {
  const isSingle = route.length === 2 && route[1]?.headers === undefined && route[1]?.weight === 0;
  return (isSingle ? route.slice(0, 1) : route).map(readDestination);
}

function readDestination(route: NonNullable<HttpSpec["route"]>[number]): DestinationPlan {
  const { destination, weight = 100, headers } = route;
  const { host, port } = destination;
  // Headers are edited on the last hop alone.
  const kind = headers === undefined ? "gateway" : "unserved";
  return { host, port: port.number, kind, usesTls: false, weight };
}
