import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { isDuration } from "../model/durations.ts";
import { environmentName } from "../model/provider.ts";
import { fullNameOf, type ProviderResource } from "../model/resource.ts";
import { serviceSuffix } from "../model/route.ts";
import { tunnelPort } from "../model/tunnel-port.ts";
import type { Input } from "./input.ts";
import { checkHost } from "./name-rules.ts";

const durations = ["idleTimeout", "connectTimeout", "keepalive"] as const;

/** `spec.connection` by itself. */
export function checkConnection(provider: ProviderResource, report: Report): void {
  const connection = provider.at("spec", "connection");
  for (const field of durations.map((name) => connection.at(name))) {
    if (field.value === undefined || isDuration(field.value)) continue;
    report(field.problem("invalid_value", "must be a duration, such as 500ms, 4s, 5m or 1h"));
  }
  const proxy = connection.at("proxy");
  const { authorization } = proxy.value ?? {};
  if (proxy.value !== undefined) checkHost(proxy.at("host") as Cursor<string>, report);
  if (authorization === undefined || environmentName(authorization) !== undefined) return;
  const message = "must be exactly ${NAME}, a variable with the value of Proxy-Authorization";
  report(proxy.at("authorization").problem("invalid_proxy", message));
}

/** On Istio, the connection is configured in the subset that has the TLS. */
export function checkConnections({ providers, target, hasTunnels }: Input, report: Report): void {
  if (target !== "istio") return;
  const tunnels = new Map<number, ProviderResource>();
  for (const provider of providers) {
    const connection = provider.at("spec", "connection");
    if (connection.value === undefined) continue;
    if (provider.value.spec.tls?.mode === "DISABLE") {
      const message = "has no effect on Istio without TLS: only the subset for TLS has settings";
      report(connection.problem("unsupported_connection", message, "key"));
    } else if (connection.value.proxy !== undefined) {
      const message = tunnelFault(provider, hasTunnels, tunnels);
      if (message === undefined) continue;
      report(connection.at("proxy").problem("unsupported_connection", message, "key"));
    }
  }
}

/** Why the provider can't have a tunnel on Istio. `tunnels` are those before it, by port. */
function tunnelFault(
  provider: ProviderResource,
  hasTunnels: boolean,
  tunnels: Map<number, ProviderResource>,
): string | undefined {
  if (!hasTunnels) {
    return "needs an EnvoyFilter, which the controller writes only with module.proxies";
  }
  if (provider.value.spec.host.endsWith(serviceSuffix)) {
    return "is not supported for a Service of the cluster, which needs no proxy";
  }
  const port = tunnelPort(provider.resource);
  const other = tunnels.get(port);
  if (other === undefined) tunnels.set(port, provider);
  return other && `has the same local port as ${fullNameOf(other)}: rename one of the two`;
}
