// The names and addresses in the test mesh. All addresses are on loopback, in a separate network
// namespace.

/** A proxy under pilot-agent, with the pod that it has for istiod. */
export interface Proxy {
  /** The name of the pod. */
  name: string;
  kind: "router" | "sidecar";
  namespace: string;
  serviceAccount: string;
  /**
   * The address of the pod. A sidecar listens on its port 80 for the outgoing traffic of its
   * workload.
   */
  address: string;
  /**
   * The port of Envoy's admin interface. The agent's readiness, Envoy's readiness and the metrics
   * are at +20, +21 and +90.
   */
  adminPort: number;
  labels: Record<string, string>;
  /** The environment variables that its container would get from Secrets. */
  keys: Record<string, string>;
  /** Envoy's worker threads; 1 by default. */
  workers?: number;
}

/** The keys in the environment of the gateway only. Tests check that they are nowhere else. */
export const gatewayKeys = {
  API_KEY: "sk-mesh-4f9c2ab17d5e60831c",
  DASHSCOPE_KEY: "sk-mesh-17c0fa6be2d84935b1",
  MOONSHOT_KEY: "sk-mesh-b802e6d3957af1446e",
};

/** The environment of one workload's sidecar, for a filter there. */
export const workerKeys = { WORKER_KEY: "sk-mesh-9d315be07c2a684fe8" };

export const gateway: Proxy = {
  name: "egw-0",
  kind: "router",
  namespace: "istio-system",
  serviceAccount: "istio-egressgateway-service-account",
  address: "127.0.0.2",
  adminPort: 15000,
  labels: { istio: "egressgateway", app: "istio-egressgateway" },
  keys: gatewayKeys,
};

/** A second pod of the gateway, which only some tests start. */
export const secondGateway: Proxy = {
  ...gateway,
  name: "egw-1",
  address: "127.0.0.3",
  adminPort: 15400,
  labels: { ...gateway.labels, "mesh-test/pod": "second" },
};

/**
 * The workloads by name. Each has a sidecar, and a ServiceAccount of the same name in `default`.
 */
export const workloads = {
  sleep: sidecar("sleep", "127.0.0.11", 15100),
  app: sidecar("app", "127.0.0.12", 15200),
  // Its sidecar accepts HTTP/1.0.
  worker: sidecar("worker", "127.0.0.13", 15300, { ...workerKeys, ISTIO_META_HTTP10: "1" }),
};

export type WorkloadName = keyof typeof workloads;

export const proxies: readonly Proxy[] = [gateway, ...Object.values(workloads)];

/** Hosts that resolve to the stand-in for providers. Its certificate contains all of them. */
export const providerHosts = ["dashscope.aliyuncs.com", "api.moonshot.cn"];

/**
 * Also resolves to the stand-in, but is not in the certificate, as if a provider's address had been
 * hijacked.
 */
export const hijackedHost = "api.hijacked.example";

/** Resolves to a separate address, where a test runs a server with a self-signed certificate. */
export const selfSignedHost = "api.self-signed.example";
export const selfSignedAddress = "127.0.0.96";

/**
 * Resolves to a separate address, where a test runs a provider that limits keys. The stand-in's
 * certificate also contains it.
 */
export const limitingHost = "api.limiting.example";
export const limitingAddress = "127.0.0.94";

/**
 * The issuer of examples/jwt, from which istiod fetches keys while a test runs it. The stand-in's
 * certificate also contains it.
 */
export const issuerHost = "issuer.example";
export const issuerAddress = "127.0.0.95";

/** The address of a pod of a Service, as an EndpointSlice must not contain loopback addresses. */
export const podAddress = "10.244.0.10";

/**
 * The address of the stand-in. No proxy may have it, as istiod would take the stand-in for an
 * instance of that proxy's service.
 */
export const providerAddress = "127.0.0.99";

/** The Service of the controller, from which agents load the module. */
export const controllerHost = "llm-egress.llm-egress-system.svc.cluster.local";
export const controllerPort = 18080;
/** The addresses of its replicas. */
export const controllerAddresses = ["127.0.0.21", "127.0.0.22"] as const;

/** Where they hand out keys: addresses that the endpoints of a Service may have, and the port. */
export const keyAddresses = [podAddress, "10.244.0.11"] as const;
export const keysPort = 8443;

export const registryAddress = "127.0.0.1:5000";
export const kubeApi = { port: 16443, token: "admintoken" };
export const istiodUrl = "http://127.0.0.1:8082";
export const istiodMetricsUrl = "http://127.0.0.1:15014/metrics";

function sidecar(
  name: string,
  address: string,
  adminPort: number,
  keys: Record<string, string> = {},
): Proxy {
  return {
    name: `${name}-0`,
    kind: "sidecar",
    namespace: "default",
    serviceAccount: name,
    address,
    adminPort,
    labels: { app: name },
    keys,
  };
}
