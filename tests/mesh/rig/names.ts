// Who is who in the test mesh, and at which address. All of it is loopback, in a network namespace of its own.

/** A proxy under pilot-agent, with the pod that istiod takes it for. */
export interface Proxy {
  /** The pod's name. */
  name: string;
  kind: "router" | "sidecar";
  namespace: string;
  serviceAccount: string;
  /** The pod's address; a sidecar listens on port 80 of it in place of its workload's outgoing traffic. */
  address: string;
  /** Envoy's admin; the agent's readiness, Envoy's own, and its metrics are at +20, +21 and +90. */
  adminPort: number;
  labels: Record<string, string>;
  /** What its container would get from Secrets. */
  keys: Record<string, string>;
}

/** The gateway's environment, and nobody else's: the keys that tests look for everywhere. */
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

/** The workloads, by name: each has a ServiceAccount of its name in `default`, and a sidecar. */
export const workloads = {
  sleep: sidecar("sleep", "127.0.0.11", 15100),
  app: sidecar("app", "127.0.0.12", 15200),
  worker: sidecar("worker", "127.0.0.13", 15300, workerKeys),
};

export type WorkloadName = keyof typeof workloads;

export const proxies: readonly Proxy[] = [gateway, ...Object.values(workloads)];

/** Hosts that lead to the stand-in for providers; its certificate holds them all. */
export const providerHosts = ["dashscope.aliyuncs.com", "api.moonshot.cn"];

/** Leads there too, and the certificate does not hold it: as if somebody had taken over a provider's address. */
export const hijackedHost = "api.hijacked.example";

/** Leads to an address of its own, where a test puts a server whose certificate nobody has signed. */
export const selfSignedHost = "api.self-signed.example";
export const selfSignedAddress = "127.0.0.96";

/** The issuer of examples/jwt: istiod fetches its keys there, while a test runs it. The stand-in's certificate holds it too. */
export const issuerHost = "issuer.example";
export const issuerAddress = "127.0.0.95";

/** For a pod behind a Service: an EndpointSlice may not hold loopback addresses. */
export const podAddress = "10.244.0.10";

/** The stand-in must not share an address with a proxy: istiod would take it for that proxy's own instance. */
export const providerAddress = "127.0.0.99";

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
