// The bootstrap of an Envoy with the filter. It is written by hand, so that tests which use it do
// not depend on the compiler.
import { resolve } from "node:path";
import type { Certificate } from "./certificate.ts";
import { clusterOf } from "./plugin-providers.ts";

export interface FilterBootstrap {
  /** The plugin configuration, or its text if a test needs an invalid one. */
  plugin: object | string;
  /** The upstream ports by host. The first host also gets the requests that match no other host. */
  upstreams: Map<string, number>;
  listenPort: number;
  /** Names of the environment variables that the filter may read. */
  environmentNames: string[];
  /** Replaces the default of one route per host, named after the host. */
  virtualHosts?: object[];
  /** Hosts whose upstreams use HTTP/2, without TLS. */
  http2Hosts?: string[];
  /** The listener uses TLS with this certificate, and accepts any client certificate. */
  tls?: Certificate | undefined;
}

const v3 = "type.googleapis.com/envoy.extensions";
const http = `${v3}.filters.network.http_connection_manager.v3.HttpConnectionManager`;
const upstreamHttp = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";

/** One listener named `egress` for HTTP/1.1 and HTTP/2, the filter, and a cluster for each host. */
export function filterBootstrap(options: FilterBootstrap): object {
  const http2Hosts = new Set(options.http2Hosts);
  const clusters = [...options.upstreams].map(([host, port]) =>
    cluster(clusterOf(host), port, http2Hosts.has(host)),
  );
  const filters = [{ name: "http", typed_config: connectionManager(options) }];
  const listener = {
    name: "egress",
    ...address(options.listenPort),
    filter_chains: [{ filters, ...transport(options.tls) }],
  };
  return { static_resources: { listeners: [listener], clusters } };
}

function transport(tls: Certificate | undefined): object {
  if (tls === undefined) return {};
  const certificate = {
    certificate_chain: { inline_string: tls.cert },
    private_key: { inline_string: tls.key },
  };
  const context = {
    "@type": `${v3}.transport_sockets.tls.v3.DownstreamTlsContext`,
    common_tls_context: {
      tls_certificates: [certificate],
      validation_context: { trust_chain_verification: "ACCEPT_UNTRUSTED" },
    },
  };
  return { transport_socket: { name: "tls", typed_config: context } };
}

/** The filter state about a call that the access log reads, by the names that tests use. */
export const callFields = {
  model: "asm.llmproxy.request_model",
  prompt: "asm.llmproxy.request_prompt_tokens",
  completion: "asm.llmproxy.request_completion_tokens",
  cached: "llm_egress.cached_tokens",
  reasoning: "llm_egress.reasoning_tokens",
  outcome: "llm_egress.outcome",
  ttft: "llm_egress.ttft_ms",
};

// Each line begins with a word that identifies it. The first line has the start of the request in
// milliseconds since 1970, the status, and the reason. The second has the request's `x-call`, the
// status, and the filter state.
const accessLogFormat = [
  "access %START_TIME(%s%3f)% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%\n",
  "call %REQ(X-CALL)% %RESPONSE_CODE%",
  ...Object.values(callFields).map((name) => ` %FILTER_STATE(wasm.${name}:PLAIN)%`),
  "\n",
].join("");

function connectionManager(options: FilterBootstrap): object {
  const routerConfig = { "@type": `${v3}.filters.http.router.v3.Router` };
  const log = {
    "@type": `${v3}.access_loggers.stream.v3.StdoutAccessLog`,
    log_format: { text_format_source: { inline_string: accessLogFormat } },
  };
  return {
    "@type": http,
    stat_prefix: "egress",
    codec_type: "AUTO",
    // Trailers of both protocols reach the filter, and would also reach the upstream.
    http_protocol_options: { enable_trailers: true },
    http2_protocol_options: { allow_connect: true },
    upgrade_configs: [{ upgrade_type: "websocket" }],
    access_log: [{ name: "stdout", typed_config: log }],
    http_filters: [
      wasmFilter(options),
      { name: "router", typed_config: { ...routerConfig, suppress_envoy_headers: true } },
    ],
    route_config: {
      validate_clusters: false,
      virtual_hosts: options.virtualHosts ?? virtualHosts([...options.upstreams.keys()]),
    },
  };
}

function wasmFilter({ plugin, environmentNames }: FilterBootstrap): object {
  const value = typeof plugin === "string" ? plugin : JSON.stringify(plugin);
  const config = {
    name: "llm-egress",
    root_id: "llm-egress",
    failure_policy: "FAIL_RELOAD",
    configuration: { "@type": "type.googleapis.com/google.protobuf.StringValue", value },
    vm_config: {
      vm_id: "llm-egress",
      runtime: "envoy.wasm.runtime.v8",
      code: { local: { filename: resolve("build/llm-egress.wasm") } },
      environment_variables: { host_env_keys: environmentNames },
    },
  };
  return {
    name: "llm-egress",
    typed_config: { "@type": `${v3}.filters.http.wasm.v3.Wasm`, config },
  };
}

function virtualHosts(hosts: string[]): object[] {
  return hosts.map((host, index) => ({
    name: host,
    domains: index === 0 ? [host, "*"] : [host],
    routes: [routeTo(host)],
  }));
}

/** A route of all requests to the cluster of a host; `changes` are merged into the route action. */
export function routeTo(host: string, changes: object = {}): object {
  const action = { cluster: clusterOf(host), timeout: "0s", ...changes };
  return { name: host, match: { prefix: "/" }, route: action };
}

function cluster(name: string, port: number, isHttp2: boolean): object {
  const endpoints = [{ lb_endpoints: [{ endpoint: address(port) }] }];
  const options = {
    "@type": `type.googleapis.com/${upstreamHttp}`,
    explicit_http_config: isHttp2
      ? { http2_protocol_options: {} }
      : { http_protocol_options: { enable_trailers: true } },
  };
  return {
    name,
    load_assignment: { cluster_name: name, endpoints },
    typed_extension_protocol_options: { [upstreamHttp]: options },
  };
}

function address(port: number): object {
  return { address: { socket_address: { address: "127.0.0.1", port_value: port } } };
}
