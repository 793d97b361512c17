// What the controller serves to kubelet, Prometheus and gateways, over plain HTTP.
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface ServerOptions {
  host: string;
  port: number;
  module: Module;
  isReady: () => boolean;
  metrics: () => Promise<string>;
}

/** The filter's module. */
export interface Module {
  bytes: Buffer;
  /** In hexadecimal digits. */
  sha256: string;
}

/** The path of a module. Other modules have other paths, so no gateway ever gets another one. */
export function modulePath(sha256: string): string {
  return `/${sha256}/llm-egress.wasm`;
}

// No request has a body, so a connection on which none arrives soon is only held open.
const limits = {
  headersTimeout: 10_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 5_000,
};

/** Serves until it is closed. Rejects if it can't listen. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const server = createServer(limits, (request, response) => {
    answer(options, request, response).catch(() => response.writeHead(500).end());
  });
  server.listen(options.port, options.host);
  await once(server, "listening");
  return server;
}

async function answer(
  { module, isReady, metrics }: ServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method, url = "" } = request;
  if (method !== "GET" && method !== "HEAD") return void response.writeHead(405).end();
  if (url === "/healthz") return void response.end("ok\n");
  if (url === "/readyz") {
    return void response.writeHead(isReady() ? 200 : 503).end(isReady() ? "ok\n" : "not synced\n");
  }
  if (url === "/metrics") {
    response.setHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    return void response.end(await metrics());
  }
  if (url === modulePath(module.sha256)) {
    response.setHeader("content-type", "application/wasm");
    response.setHeader("content-length", module.bytes.length);
    return void response.end(method === "HEAD" ? undefined : module.bytes);
  }
  // While the controller is upgraded, another replica may have it: Istio's agent asks again after a
  // 503, and gives up after a 404.
  const isModule = /^\/[0-9a-f]{64}\/llm-egress\.wasm$/.test(url);
  response.writeHead(isModule ? 503 : 404).end();
}
