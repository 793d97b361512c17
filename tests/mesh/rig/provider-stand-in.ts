// Replaces the internet for the mesh: the mock provider, under the names of all providers.
import { startMock } from "../../../src/mock/server.ts";
import type { ServerCertificate } from "./certificates.ts";
import { providerAddress } from "./names.ts";

/**
 * Serves providers on port 80 and, over TLS, on port 443. The answer to a request with
 * `x-mock-echo: 1` is exactly what was received.
 */
export async function startProviderStandIn({ cert, key }: ServerCertificate): Promise<void> {
  await startMock({ host: providerAddress, port: 80 });
  await startMock({ host: providerAddress, port: 443, tls: { cert, key } });
}
