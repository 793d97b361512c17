// Runs a real Envoy under Istio's own pilot-agent, as a pod would.
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { binariesFolder } from "./binaries.ts";
import type { Components } from "./components.ts";
import { inPod, type PodFiles } from "./in-pod.ts";
import { type Proxy, registryAddress } from "./names.ts";
import { createToken } from "./pods.ts";
import { gatewayProxyConfig } from "./telemetry.ts";

const agentFolders = [
  ...["tokens", "istio", "workload-spiffe-uds", "credential-uds"].map((name) =>
    join("var/run/secrets", name),
  ),
  "etc/istio/proxy",
  "var/lib/istio/envoy",
];

export interface AgentOptions {
  /** The folder of the running mesh. */
  folder: string;
  /** The path of the Envoy binary. */
  envoy: string;
  /** The files of its pod. */
  files: PodFiles;
}

/** Starts the agent, which starts Envoy. Does not wait until they are ready. The pod must exist. */
export async function startAgent(
  components: Components,
  proxy: Proxy,
  options: AgentOptions,
): Promise<void> {
  const cwd = join(options.folder, proxy.name);
  for (const name of agentFolders) mkdirSync(join(cwd, name), { recursive: true });
  const template = join(binariesFolder(), "envoy-bootstrap.json");
  copyFileSync(template, join(cwd, "var/lib/istio/envoy/envoy_bootstrap_tmpl.json"));
  const root = join(options.folder, "certificates/root-cert.pem");
  copyFileSync(root, join(cwd, "var/run/secrets/istio/root-cert.pem"));
  writeFileSync(join(cwd, "var/run/secrets/tokens/istio-token"), await createToken(proxy));
  components.start({
    name: proxy.name,
    command: inPod(options.files, [
      ...[join(binariesFolder(), "pilot-agent"), "proxy", proxy.kind],
      ...["--domain", `${proxy.namespace}.svc.cluster.local`],
      ...["--proxyLogLevel=warning", "--proxyComponentLogLevel=misc:error"],
    ]),
    cwd,
    env: { ...agentEnvironment(proxy, options.envoy), ...proxy.keys },
  });
}

/** Resolves when a proxy has received its first configuration and is ready. */
export async function whenProxyReady(components: Components, proxy: Proxy): Promise<void> {
  const url = `http://127.0.0.1:${proxy.adminPort + 21}/healthz/ready`;
  await components.until(`${proxy.name} to be ready`, async () => (await fetch(url)).ok);
}

function agentEnvironment(proxy: Proxy, envoy: string): Record<string, string> {
  const { name, namespace, adminPort } = proxy;
  return {
    POD_NAME: name,
    POD_NAMESPACE: namespace,
    SERVICE_ACCOUNT: proxy.serviceAccount,
    INSTANCE_IP: proxy.address,
    HOST_IP: "127.0.0.1",
    TRUST_DOMAIN: "cluster.local",
    CA_ADDR: "127.0.0.1:15012",
    ISTIOD_SAN: "istiod.istio-system.svc",
    PILOT_CERT_PROVIDER: "istiod",
    CLOUD_PLATFORM: "none",
    PEER_METADATA_DISCOVERY: "false",
    GRPC_XDS_BOOTSTRAP: "",
    ISTIO_META_CLUSTER_ID: "Kubernetes",
    ISTIO_META_MESH_ID: "cluster.local",
    ISTIO_META_WORKLOAD_NAME: name,
    ISTIO_META_INTERCEPTION_MODE: "NONE",
    ISTIO_META_OWNER: `kubernetes://apis/apps/v1/namespaces/${namespace}/deployments/${name}`,
    ISTIO_METAJSON_LABELS: JSON.stringify(proxy.labels),
    ENVOY_STATUS_PORT: String(adminPort + 21),
    ENVOY_PROMETHEUS_PORT: String(adminPort + 90),
    WASM_INSECURE_REGISTRIES: registryAddress,
    PROXY_CONFIG: JSON.stringify({
      discoveryAddress: "127.0.0.1:15012",
      binaryPath: envoy,
      configPath: "./etc/istio/proxy",
      proxyAdminPort: adminPort,
      statusPort: adminPort + 20,
      concurrency: proxy.workers ?? 1,
      terminationDrainDuration: "0.1s",
      drainDuration: "1s",
      ...(proxy.kind === "router" ? gatewayProxyConfig() : {}),
    }),
  };
}
