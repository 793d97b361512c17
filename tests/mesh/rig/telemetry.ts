// The settings of the gateway and of istiod that examples/telemetry needs. Its users also have them
// when the mesh starts.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface GatewayPatch {
  spec: { template: { metadata: { annotations: Record<string, string> } } };
}

interface MeshConfig {
  extensionProviders?: object[];
}

/**
 * The part of the gateway's ProxyConfig in its annotation. Injection merges it into that of the
 * mesh.
 */
export function gatewayProxyConfig(): object {
  const { spec } = readYaml<GatewayPatch>("examples/telemetry/gateway-patch.yaml");
  return parse(spec.template.metadata.annotations["proxy.istio.io/config"] ?? "{}") as object;
}

/**
 * The mesh configuration, to which the example's access log is added as a provider. It is JSON,
 * which is valid YAML.
 */
export function meshConfig(): string {
  const own = readYaml<MeshConfig>("tests/mesh/rig/mesh-config.yaml");
  const example = readYaml<MeshConfig>("examples/telemetry/mesh-config.yaml");
  const providers = [...(own.extensionProviders ?? []), ...(example.extensionProviders ?? [])];
  return JSON.stringify({ ...own, extensionProviders: providers });
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(path, "utf8")) as T;
}
