import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { isDuration } from "../model/durations.ts";
import { environmentName } from "../model/provider.ts";
import type { ProviderResource } from "../model/resource.ts";
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

/** On Istio, the connection is configured in the subset that has the TLS, and there is no tunnel. */
export function checkConnections({ providers, target }: Input, report: Report): void {
  if (target !== "istio") return;
  for (const provider of providers) {
    const connection = provider.at("spec", "connection");
    const { tls } = provider.value.spec;
    if (connection.value?.proxy !== undefined) {
      const message = "is supported in a standalone Envoy only: Istio has no such tunnel";
      report(connection.at("proxy").problem("unsupported_connection", message, "key"));
    }
    if (connection.value !== undefined && tls?.mode === "DISABLE") {
      const message = "has no effect on Istio without TLS: only the subset for TLS has settings";
      report(connection.problem("unsupported_connection", message, "key"));
    }
  }
}
