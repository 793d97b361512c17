// What the mesh reaches in place of the internet: the mock provider, under all providers' names.
import { startMock } from "../../../src/mock/server.ts";
import type { ServerCertificate } from "./certificates.ts";
import { providerAddress } from "./names.ts";

/** Serves providers on 80 and, over TLS, on 443. A request with `x-mock-echo: 1` is answered with exactly what arrived. */
export async function startProviderStandIn({ cert, key }: ServerCertificate): Promise<void> {
  await startMock({ host: providerAddress, port: 80 });
  await startMock({ host: providerAddress, port: 443, tls: { cert, key } });
}
