import type { DiagnosticCode, Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { ProviderResource } from "../model/resource.ts";
import { type Input, isOurs, ofKind } from "./input.ts";

/** DestinationRules and ServiceEntries of the input that have a provider's host, as ours have. */
export function checkNeighbours({ providers, context, target }: Input, report: Report): void {
  if (target === "envoy") return;
  const byHost = new Map(providers.map((provider) => [provider.value.spec.host, provider]));
  const others = context.filter((each) => !isOurs(each));
  for (const rule of ofKind(others, "networking.istio.io", "DestinationRule")) {
    const host = rule.at("spec", "host");
    const provider = byHost.get(host.text() ?? "");
    // Without TLS of its own, the provider has no DestinationRule.
    if (provider === undefined || provider.value.spec.tls?.mode === "DISABLE") continue;
    const effect =
      "the older one's settings apply, and requests get 503 if Istio does not merge the two";
    reportHost("overlapping_destination_rule", { host, provider, effect }, report);
  }
  for (const entry of ofKind(others, "networking.istio.io", "ServiceEntry")) {
    for (const host of entry.at("spec", "hosts").items()) {
      const provider = byHost.get(host.text() ?? "");
      if (provider === undefined) continue;
      const resolution = entry.at("spec", "resolution").text() ?? "NONE";
      const effect =
        resolution === "NONE"
          ? "the older one applies, and with resolution NONE every request gets 503"
          : "the older one applies";
      reportHost("overlapping_service_entry", { host, provider, effect }, report);
    }
  }
}

interface Overlap {
  host: Cursor;
  provider: ProviderResource;
  effect: string;
}

function reportHost(
  code: DiagnosticCode,
  { host, provider, effect }: Overlap,
  report: Report,
): void {
  const place = provider.at("spec", "host").place();
  const message = `${host.text()} is the host of the LLMProvider in ${place}: ${effect}`;
  report({ ...host.problem(code, message), affected: provider.resource });
}
