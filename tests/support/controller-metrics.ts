// What Prometheus reads of a controller that leads, with a value in each of its metrics.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Metrics } from "../../src/controller/metrics.ts";
import { noGateways } from "./no-gateways.ts";

export const certificateSeconds = 12 * 3600;

export interface ControllerMetrics {
  /** A job of Prometheus's configuration. */
  scrapeConfig: string;
  close(): void;
}

export async function serveControllerMetrics(): Promise<ControllerMetrics> {
  const gateways = {
    ...noGateways,
    countPolls: () => 4,
    expiresAt: Date.now() + certificateSeconds * 1000,
  };
  const metrics = new Metrics(() => true, new Map([["gateways", { ageMs: 5000 }]]), gateways);
  metrics.resources.set({ kind: "LLMProvider", status: "Ready" }, 3);
  metrics.resources.set({ kind: "LLMRoute", status: "Invalid" }, 2);
  metrics.pluginBytes.set({ plugin: "shop/llm-egress" }, 1000);
  metrics.failures.inc({ kind: "WasmPlugin" });
  metrics.keyRefusals.inc({ reason: "pod" });
  const server = createServer((_request, response) => {
    void metrics.registry.metrics().then((text) => response.end(text));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const scrapeConfig = `
  - job_name: controller
    static_configs: [{ targets: ["127.0.0.1:${port}"] }]
`;
  const close = (): void => {
    server.close();
    server.closeAllConnections();
  };
  return { scrapeConfig, close };
}
