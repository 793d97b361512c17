// The plan of providers and routes, read back from the objects that they have become: the inverse of
// emit/istio, as far as the controller needs it. So what is in effect is known without any memory.
import type { PluginConfig, PluginProvider, PluginRoute } from "../../contract/plugin-config.ts";
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

/** The parts of a WasmPlugin that are read. */
export interface PluginSpec {
  selector?: { matchLabels?: Record<string, string> };
  vmConfig?: { env?: { name: string; valueFrom: string }[] };
  pluginConfig: PluginConfig;
}

interface RuleSpec {
  host: string;
  trafficPolicy?: { tls?: TlsSpec };
  subsets?: { trafficPolicy?: { tls?: TlsSpec; connectionPool?: PoolSpec } }[];
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

interface TlsSpec {
  caCertificates?: string;
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
  const spec = plugin["spec"] as PluginSpec;
  const { pluginConfig } = spec as Partial<PluginSpec>;
  const lists = [
    ...[pluginConfig?.authorities, pluginConfig?.unservedClusters, pluginConfig?.providers],
    ...(Array.isArray(pluginConfig?.providers) ? pluginConfig.providers : []).flatMap(
      ({ clusters, routes }: Partial<PluginProvider>) => [clusters, routes],
    ),
  ];
  return lists.every(Array.isArray) ? spec : undefined;
}

/** The providers of a WasmPlugin. */
export function readProviders(plugin: KubeObject, live: ProviderObjects): ProviderPlan[] {
  const spec = readPlugin(plugin);
  if (spec === undefined) return [];
  const { selector, pluginConfig } = spec;
  // A former version of the controller wrote none: it had the default endpoints.
  const sets = (pluginConfig as Partial<PluginConfig>).endpoints ?? [];
  return pluginConfig.providers.map((entry): ProviderPlan => {
    const [namespace = "", name = ""] = entry.name.split("/");
    return {
      name,
      namespace,
      ...endpointOf(entry),
      tls: readTls(live.DestinationRule.get(entry.name)),
      connection: {
        ...readConnection(live.DestinationRule.get(entry.name)),
        ...readProxy(live.EnvoyFilter.get(`${entry.name}-proxy`)),
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
function endpointOf({ clusters }: PluginProvider): { host: string; port: number } {
  const [, port, , host = ""] = clusters.at(-1)?.split("|") ?? [];
  return { host, port: Number(port) };
}

function readTls(rule: KubeObject | undefined): TlsPlan {
  const { trafficPolicy, subsets = [] } = (rule?.["spec"] ?? {}) as Partial<RuleSpec>;
  const tls = [{ trafficPolicy }, ...subsets].find((each) => each.trafficPolicy?.tls !== undefined);
  if (tls === undefined) return { mode: "DISABLE" };
  const { caCertificates } = tls.trafficPolicy?.tls ?? {};
  const isSystem = caCertificates === undefined || caCertificates === "system";
  return isSystem ? { mode: "SIMPLE" } : { mode: "SIMPLE", caCertificates };
}

function readConnection(rule: KubeObject | undefined): ConnectionPlan {
  const { subsets = [] } = (rule?.["spec"] ?? {}) as Partial<RuleSpec>;
  const pool = subsets[0]?.trafficPolicy?.connectionPool;
  if (pool === undefined) return defaultConnection;
  return {
    idleTimeoutMs: readMs(pool.http.idleTimeout),
    connectTimeoutMs: readMs(pool.tcp.connectTimeout),
    keepaliveMs: readMs(pool.tcp.tcpKeepalive.time),
    http2: pool.http.h2UpgradePolicy === "UPGRADE",
  };
}

function readProxy(filter: KubeObject | undefined): Pick<ConnectionPlan, "proxy"> {
  const { configPatches = [] } = (filter?.["spec"] ?? {}) as Partial<TunnelSpec>;
  const [cluster, listener] = configPatches.map(({ patch }) => patch.value);
  const [endpoint] = cluster?.load_assignment?.endpoints[0]?.lb_endpoints ?? [];
  if (endpoint === undefined) return {};
  const { address: host, port_value: port } = endpoint.endpoint.address.socket_address;
  const { headers_to_add } =
    listener?.filter_chains?.[0]?.filters[0]?.typed_config.tunneling_config ?? {};
  const authorization = /^%ENVIRONMENT\((.*)\)%$/.exec(
    headers_to_add?.[0]?.header.value ?? "",
  )?.[1];
  return { proxy: { host, port, ...(authorization === undefined ? {} : { authorization }) } };
}

function readMs(seconds: string): number {
  return Math.round(Number.parseFloat(seconds) * 1000);
}

/**
 * The rules of a VirtualService. Whether a destination is served is for `joinPlan` to say. A route
 * that has become two VirtualServices is read back as two, which become the same again.
 */
export function readRoute({ metadata, ...object }: KubeObject): RoutePlan {
  const { hosts, gateways = [], http = [] } = object["spec"] as RouteSpec;
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
