// What examples/telemetry asks of the gateway and of istiod, as its users have it in their mesh from the start.
import { readFileSync } from "node:fs";
import { parse } from "yaml";

interface GatewayPatch {
  spec: { template: { metadata: { annotations: Record<string, string> } } };
}

interface MeshConfig {
  extensionProviders?: object[];
}

/** The part of the gateway's ProxyConfig that its annotation holds; injection puts it over the mesh's own. */
export function gatewayProxyConfig(): object {
  const { spec } = readYaml<GatewayPatch>("examples/telemetry/gateway-patch.yaml");
  return parse(spec.template.metadata.annotations["proxy.istio.io/config"] ?? "{}") as object;
}

/** The mesh's configuration with the example's access log among its providers; as JSON, which is YAML. */
export function meshConfig(): string {
  const own = readYaml<MeshConfig>("tests/mesh/rig/mesh-config.yaml");
  const example = readYaml<MeshConfig>("examples/telemetry/mesh-config.yaml");
  const providers = [...(own.extensionProviders ?? []), ...(example.extensionProviders ?? [])];
  return JSON.stringify({ ...own, extensionProviders: providers });
}

function readYaml<T>(path: string): T {
  return parse(readFileSync(path, "utf8")) as T;
}
