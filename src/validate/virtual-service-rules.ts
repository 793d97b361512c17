import { namespaceOf, type Resources, type RouteResource } from "../model/resource.ts";
import type { Path, Report } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";
import { fullGatewayName } from "../plan/destination.ts";
import { listAt, namespaceAt, ofKind, textAt, valueAt } from "./read-value.ts";

/** VirtualServices of the input that stand beside ours: for the same host, or leading to a provider past the LLMRoutes. */
export function checkVirtualServices(
  resources: Resources,
  context: readonly SourceDocument[],
  report: Report,
): void {
  const own = ["metadata", "labels", "app.kubernetes.io/managed-by"];
  for (const document of ofKind(context, "networking.istio.io", "VirtualService")) {
    // What we have rendered may lie beside what it was rendered from.
    if (textAt(document.value, own) === "llm-egress") continue;
    checkOverlap(resources.routes, document, report);
    checkMirrors(resources, document, report);
  }
}

function checkOverlap(
  routes: readonly RouteResource[],
  document: SourceDocument,
  report: Report,
): void {
  const gateways = gatewaysAt(document.value);
  for (const [index, host] of listAt(document.value, ["spec", "hosts"]).entries()) {
    for (const route of routes) {
      if (route.value.spec.host !== host) continue;
      const names = route.value.spec.gateways ?? ["mesh"];
      const shared = names
        .map((name) => fullGatewayName(name, namespaceOf(route)))
        .find((name) => gateways.includes(name));
      if (shared === undefined) continue;
      const place = route.document.place(["spec", "host"]);
      const message = `${host} has an LLMRoute for ${shared} in ${place}: which of the two applies is left to chance`;
      report(document.problem("overlapping_virtual_service", ["spec", "hosts", index], message));
    }
  }
}

function gatewaysAt(value: unknown): string[] {
  const names = listAt(value, ["spec", "gateways"]).map(String);
  const namespace = namespaceAt(value);
  return names.length === 0 ? ["mesh"] : names.map((name) => fullGatewayName(name, namespace));
}

/** Envoy mirrors a request as the filter has left it: the copy carries the key. */
function checkMirrors(
  { providers, routes }: Resources,
  document: SourceDocument,
  report: Report,
): void {
  const known = [...providers, ...routes].map(({ value }) => value.spec.host);
  const isOurs = listAt(document.value, ["spec", "hosts"]).some((host) =>
    known.includes(String(host)),
  );
  for (const [nth, rule] of listAt(document.value, ["spec", "http"]).entries()) {
    const destinations = listAt(rule, ["route"]);
    const leadsToProvider = destinations.some((destination) =>
      known.includes(textAt(destination, ["destination", "host"]) ?? ""),
    );
    if (!isOurs && !leadsToProvider) continue;
    for (const field of ["mirror", "mirrors"]) {
      if (valueAt(rule, [field]) === undefined) continue;
      const path: Path = ["spec", "http", nth, field];
      const message =
        "sends a copy of each request to another place, with the provider's key in it";
      report(document.problem("mirrored_key", path, message, "key"));
    }
  }
}
