import type { Report, ResourceName } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import type { RouteResource } from "../model/resource.ts";
import { fullGatewayName, listedGateways } from "../model/route.ts";
import { type Input, isOurs, ofKind } from "./input.ts";

/**
 * VirtualServices of the input that conflict with the emitted ones: for the same host, or leading
 * to a provider without an LLMRoute.
 */
export function checkVirtualServices(input: Input, report: Report): void {
  const { providers, routes, context, target } = input;
  if (target === "envoy") return;
  const known = new Map(
    [...routes, ...providers].map(({ value, resource }) => [value.spec.host, resource]),
  );
  const byHost = new Map<string, RouteResource[]>();
  for (const route of routes) {
    const { host } = route.value.spec;
    byHost.set(host, [...(byHost.get(host) ?? []), route]);
  }
  for (const service of ofKind(context, "networking.istio.io", "VirtualService")) {
    if (isOurs(service)) continue;
    checkOverlap(byHost, service, report);
    checkMirrors(known, service, report);
  }
}

function checkOverlap(
  byHost: ReadonlyMap<string, readonly RouteResource[]>,
  service: Cursor,
  report: Report,
): void {
  const gateways = gatewaysAt(service);
  for (const host of service.at("spec", "hosts").items()) {
    const name = host.text() ?? "";
    for (const route of byHost.get(name) ?? []) {
      const shared = listedGateways(route).find((name) => gateways.includes(name));
      if (shared === undefined) continue;
      const place = route.at("spec", "host").place();
      const message = `${name} already has an LLMRoute for ${shared}, in ${place}: which of the two applies is undefined`;
      const problem = host.problem("overlapping_virtual_service", message);
      report({ ...problem, affected: route.resource });
    }
  }
}

function gatewaysAt(service: Cursor): string[] {
  const names = service.at("spec", "gateways").items();
  if (names.length === 0) return ["mesh"];
  return names.map((name) => fullGatewayName(name.text() ?? "", service));
}

/** Envoy mirrors the request after the filter has edited it: the copy carries the key. */
function checkMirrors(
  known: ReadonlyMap<string, ResourceName>,
  service: Cursor,
  report: Report,
): void {
  const hosts = service.at("spec", "hosts").items();
  const ownHost = hosts.flatMap((host) => known.get(host.text() ?? "") ?? [])[0];
  for (const rule of service.at("spec", "http").items()) {
    const destinations = rule.at("route").items();
    const provider = destinations.flatMap(
      (destination) => known.get(destination.at("destination", "host").text() ?? "") ?? [],
    )[0];
    const affected = provider ?? ownHost;
    if (affected === undefined) continue;
    for (const field of ["mirror", "mirrors"]) {
      const mirror = rule.at(field);
      if (mirror.value === undefined) continue;
      const message =
        "sends a copy of each request, with the provider's key, to another destination";
      report({ ...mirror.problem("mirrored_key", message, "key"), affected });
    }
  }
}
