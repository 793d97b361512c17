// A gateway for one provider, requests with each of the usual outcomes, and the configuration for
// Prometheus to scrape it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { emitEnvoy } from "../../src/compile.ts";
import { planOf } from "./compile-text.ts";
import { envoyOptions } from "./envoy-options.ts";

export const shopKey = "fake-key-of-the-shop";

/**
 * The environment of its Envoy. Several keys, so that requests with them are counted; enough that
 * one is left when the provider has limited others.
 */
export const shopEnv = { KEY: shopKey, KEY_2: shopKey, KEY_3: shopKey, KEY_4: shopKey };

const resources = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: qwen, namespace: shop }
spec:
  host: qwen.example
  endpoints: [chat, rerank]
  configs:
    defaultConfig:
      openAIConfig:
        apiKeys: [{ env: KEY }, { env: KEY_2 }, { env: KEY_3 }, { env: KEY_4 }]
        models: { allow: [qwen-max, qwen-turbo] }
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: { name: qwen, namespace: shop }
spec:
  host: qwen.example
  gateways: [shop/gateway]
  rules:
    - name: shop-rule
      matches: [{ gateways: [shop/gateway] }]
      backendRefs: [{ providerHost: qwen.example }]
`;

/** The bootstrap of a gateway on this port, with the mock in place of the provider. */
export function renderShop(port: number, mockPort: number): string {
  const upstream = { host: "127.0.0.1", port: mockPort, tls: false };
  const options = envoyOptions({
    listen: { host: "127.0.0.1", port },
    wasmFile: `${process.cwd()}/build/llm-egress.wasm`,
    upstreams: new Map([["qwen.example", upstream]]),
  });
  return emitEnvoy(planOf(resources), options);
}

/**
 * The two scrape configurations of the example, with five scrapes a second, for an Envoy that
 * serves both.
 */
export function scrapeConfig(adminPort: number): string {
  const target = `127.0.0.1:${adminPort}`;
  const local = readExample("prometheus-local.yaml").replace("127.0.0.1:9901", target);
  const mesh = readExample("prometheus.yaml");
  // The targets that Kubernetes would discover: the two ports of a gateway, and one of another pod.
  const pod = (name: string, port: string, label: string) => `
      - targets: ["${target}"]
        labels:
          __meta_kubernetes_pod_label_istio: ${label}
          __meta_kubernetes_pod_container_port_name: ${port}
          __meta_kubernetes_pod_name: ${name}`;
  const discovered = `    static_configs:${[
    pod("egress-1", "http-envoy-prom", "egressgateway"),
    pod("egress-2", "http2", "egressgateway"),
    pod("other", "http-envoy-prom", "ingressgateway"),
  ].join("")}\n`;
  const discovery = / {4}kubernetes_sd_configs:\n(?: {6}.*\n)+/;
  const job = mesh.slice(mesh.indexOf("  - job_name"));
  assert.match(job, discovery);
  const jobs = local.replace("job_name: llm-egress", "job_name: local") + job;
  return jobs
    .replace(discovery, discovered)
    .replace(/scrape_interval: \w+/, "scrape_interval: 200ms");
}

function readExample(name: string): string {
  return readFileSync(`examples/telemetry/${name}`, "utf8");
}

export interface Usage {
  prompt_tokens: number;
  completion_tokens: number;
  cached_tokens: number;
  reasoning_tokens: number;
}

/** One request, with the outcome that its client saw. */
export interface Call {
  model: string;
  code: string;
  outcome: "ok" | "provider_error" | "rejected";
  /** The reason of a rejected request. */
  reason?: string;
  /** As the provider reported it. */
  usage?: Usage;
}

const question = { role: "user", content: "how much is it" };
const conversation = [{ role: "user", content: "hello there" }, question];

/** Makes one request of each kind. Resolves when all have been answered. */
export async function callShop(url: string): Promise<Call[]> {
  const post = (body: object | string, headers = {}) => send(url, body, headers);
  const big = { model: "qwen-max", messages: conversation, reasoning_effort: "low" };
  const streaming = { stream: true, stream_options: { include_usage: true } };
  const small = { model: "qwen-turbo", messages: [question], ...streaming };
  const answered = { code: "200", outcome: "ok" } as const;
  const calls: Call[] = [];
  for (const body of [big, big, small]) {
    const text = await post(body);
    calls.push({ ...answered, model: body.model, usage: readUsage(text) });
  }
  await post(big, { "x-mock-echo": "1" });
  calls.push({ ...answered, model: "qwen-max" });
  await post(big, { "x-mock-status": "500" });
  calls.push({ model: "qwen-max", code: "500", outcome: "provider_error" });
  await post(big, { "x-mock-status": "429" });
  calls.push({ model: "qwen-max", code: "429", outcome: "provider_error" });
  await post({ ...big, model: "gpt-4" });
  calls.push({ model: "unknown", code: "403", outcome: "rejected", reason: "model_not_allowed" });
  return calls;
}

/** Requests a rerank, which has search units instead of tokens. */
export async function rerankShop(url: string): Promise<void> {
  const body = { model: "qwen-max", query: "how much is it", documents: ["it is much"] };
  assert.match(await send(url, body, {}, "rerank"), /"search_units":1/);
}

async function send(
  url: string,
  body: object | string,
  headers: object,
  endpoint = "chat/completions",
): Promise<string> {
  const response = await fetch(`${url}/v1/${endpoint}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  return response.text();
}

// From a JSON answer, or from the last chunk of a stream with usage.
function readUsage(text: string): Usage {
  const json = text.startsWith("{") ? text : /^data: (\{.*"usage":\{.*)$/m.exec(text)?.[1];
  const { usage } = JSON.parse(json ?? "{}") as {
    usage: {
      prompt_tokens: number;
      completion_tokens: number;
      prompt_tokens_details: { cached_tokens: number };
      completion_tokens_details: { reasoning_tokens: number };
    };
  };
  return {
    prompt_tokens: usage.prompt_tokens,
    completion_tokens: usage.completion_tokens,
    cached_tokens: usage.prompt_tokens_details.cached_tokens,
    reasoning_tokens: usage.completion_tokens_details.reasoning_tokens,
  };
}
