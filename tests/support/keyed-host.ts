// Shorthands for tests of the keys that a key server hands out.
import type { PluginConfig, PluginSettings } from "../../contract/plugin-config.ts";
import { configOf } from "./filter-host.ts";
import { WasmHost, type WasmStream } from "./wasm-host.ts";

export const KEY_CLUSTER = "outbound|8443||llm-egress.llm-egress.svc.cluster.local";
export const REFERENCE = "openai/api-key";

/** A configuration whose only provider has its key from the key server. */
export function keyedConfig(
  some: Partial<PluginSettings> = {},
  root: Partial<PluginConfig> = {},
): PluginConfig {
  const config = configOf({ apiKeySecretRef: REFERENCE, ...some });
  delete config.providers[0]!.settings.apiKey;
  return { ...config, keyServer: { cluster: KEY_CLUSTER }, revision: "r1", ...root };
}

/** A host with such a configuration, which has called the key server. */
export function keyedHost(config: PluginConfig = keyedConfig()): WasmHost {
  const host = new WasmHost({ config });
  host.pass(1);
  return host;
}

/** What the key server answers. */
export function keysAnswer(version: string, keys: Record<string, unknown>) {
  return { status: 200, body: JSON.stringify({ version, keys }) };
}

/** Its answers, one after the other, and the refusal of a request without a key. */
export const firstKeys = keysAnswer("1.a", { [REFERENCE]: "sk-1" });
export const secondKeys = keysAnswer("2.b", { [REFERENCE]: "sk-2" });
export const unavailable = "503 llm_egress_key_unavailable";

/** The query of the call under way, decoded. */
export function queryOf(host: WasmHost): Record<string, string> {
  const path = new Map(host.rootCalls.open[0]!.headers).get(":path")!;
  return Object.fromEntries(new URL(path, "http://keys").searchParams);
}

/** The credential that a request goes out with. */
export function keyOf(stream: WasmStream): string | undefined {
  return stream.header("authorization");
}
