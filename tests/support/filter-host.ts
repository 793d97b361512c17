// Shorthands for tests that run the module under the scripted host, with one provider and one
// request.
import type { PluginConfig, PluginProvider, PluginSettings } from "../../contract/plugin-config.ts";
import { endpointLines } from "../../src/model/endpoints.ts";
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

/** A configuration with one provider. */
export function configOf(
  some: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
): PluginConfig {
  return {
    version: 1,
    authorities: [HOST],
    maxSources: 200,
    maxModels: 50,
    unservedClusters: [],
    endpoints: [endpointLines()],
    providers: [
      {
        name: "default/llm",
        clusters: [CLUSTER],
        path: "/v1/chat/completions",
        endpoints: 0,
        settings: settings(some),
        routes: [],
        ...provider,
      },
    ],
  };
}

/** A host with this configuration, and the key in its environment. */
export function hostOf(
  some: Partial<PluginSettings> = {},
  provider: Partial<PluginProvider> = {},
): WasmHost {
  return new WasmHost({ config: configOf(some, provider), env: { API_KEY: KEY } });
}

/**
 * Headers of a POST to chat completions; `more` replaces those of the same name and adds the
 * others.
 */
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

/** How a request differs from a plain POST to chat completions. */
export interface RequestParts {
  headers?: Record<string, string>;
  /** The last chunk ends the stream. If there are none, the headers end it. */
  chunks?: readonly (Buffer | string)[];
  cluster?: string;
  route?: string;
}

/** Sends a request until it ends or the filter refuses it. The answer has not begun. */
export function send(host: WasmHost, parts: RequestParts = {}): WasmStream {
  const { headers, chunks = ["{}"], cluster = CLUSTER, route = "" } = parts;
  const stream = host.stream(cluster, route);
  stream.headers(postHeaders(headers), chunks.length === 0);
  for (const [index, chunk] of chunks.entries()) {
    if (stream.localResponses.length > 0) break;
    stream.body(chunk, index === chunks.length - 1);
  }
  return stream;
}

/** Sends a body to chat completions in the given chunks, and ends the request. */
export function post(host: WasmHost, chunks: readonly (Buffer | string)[]): WasmStream {
  const stream = send(host, { chunks });
  stream.end();
  return stream;
}
