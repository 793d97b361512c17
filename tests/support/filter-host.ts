// Short forms for tests that run the module under the scripted host: one provider, one request.
import type { PluginConfig, PluginProvider, PluginSettings } from "../../src/plan/plugin-config.ts";
import { type HeaderList, WasmHost, type WasmStream } from "./wasm-host.ts";

export const HOST = "llm.example.com";
export const CLUSTER = `outbound|443||${HOST}`;
export const KEY = "sk-0123456789abcdef";

/** Settings with the usual credential. */
export function settings(some: Partial<PluginSettings> = {}): PluginSettings {
  return {
    apiKey: "${API_KEY}",
    authHeader: "authorization",
    authPrefix: "Bearer ",
    members: [],
    ...some,
  };
}

/** A configuration of one provider. */
export function configOf(
  some: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
): PluginConfig {
  return {
    version: 1,
    authorities: [HOST],
    unservedClusters: [],
    providers: [
      {
        name: "default/llm",
        clusters: [CLUSTER],
        path: "/v1/chat/completions",
        settings: settings(some),
        routes: {},
        ...provider,
      },
    ],
  };
}

/** A host with that configuration and the key in its environment. */
export function hostOf(
  some: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
): WasmHost {
  return new WasmHost({ config: configOf(some, provider), env: { API_KEY: KEY } });
}

/** Headers of a POST to chat completions; `more` replaces those of the same name and adds the others. */
export function postHeaders(more: Record<string, string> = {}): HeaderList {
  const headers = {
    ":method": "POST",
    ":path": "/v1/chat/completions",
    ":scheme": "http",
    ":authority": HOST,
    "content-type": "application/json",
    ...more,
  };
  return Object.entries(headers);
}

/** Sends a body in the given chunks, the last of them with the end of the stream, and gives the stream back. */
export function post(host: WasmHost, chunks: readonly Buffer[]): WasmStream {
  const stream = host.stream(CLUSTER);
  stream.headers(postHeaders());
  for (const [index, chunk] of chunks.entries()) {
    if (stream.localResponses.length > 0) break;
    stream.body(chunk, index === chunks.length - 1);
  }
  stream.end();
  return stream;
}
