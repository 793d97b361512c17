// What the mesh reaches in place of the internet: the mock provider under all providers' names, and a server for the Wasm module.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { startMock } from "../../../src/mock/server.ts";
import type { ServerCertificate } from "./certificates.ts";
import { moduleServer, providerAddress } from "./names.ts";

export interface ServedModule {
  url: string;
  sha256: string;
}

/** Serves providers on 80 and, over TLS, on 443. A request with `x-mock-echo: 1` is answered with exactly what arrived. */
export async function startProviderStandIn({ cert, key }: ServerCertificate): Promise<void> {
  await startMock({ host: providerAddress, port: 80 });
  await startMock({ host: providerAddress, port: 443, tls: { cert, key } });
}

/** Serves the built filter as it is at this moment, whatever is built later. */
export async function startModuleServer(): Promise<ServedModule> {
  const { host, port } = moduleServer;
  const bytes = readFileSync("build/llm-egress.wasm");
  const path = "/llm-egress.wasm";
  const server = createServer((request, response) => {
    const isModule = request.url === path;
    response.writeHead(isModule ? 200 : 404).end(isModule ? bytes : undefined);
  });
  server.listen(port, host);
  await once(server, "listening");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { url: `http://${host}:${port}${path}`, sha256 };
}
