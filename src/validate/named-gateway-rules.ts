import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { fullNameOf, type RouteResource } from "../model/resource.ts";
import { fullGatewayName } from "../model/route.ts";
import { type Input, ofKind } from "./input.ts";
import { listOf } from "./list-of.ts";

type Gateways = ReadonlyMap<string, Gateway>;

interface Gateway {
  gateway: Cursor;
  /** The hosts of its HTTP servers. */
  hosts: HostEntry[];
}

/** `HOST` or `NAMESPACE/HOST` of a server. */
interface HostEntry {
  namespace: string;
  pattern: string;
}

/** A route's gateways take its requests, as far as the input shows. */
export function checkNamedGateways({ routes, context, target }: Input, report: Report): void {
  if (target === "envoy") return;
  const gateways = byName(ofKind(context, "networking.istio.io", "Gateway"));
  const others = byName(ofKind(context, "gateway.networking.k8s.io", "Gateway"));
  for (const route of routes) {
    for (const named of route.at("spec", "gateways").items()) {
      const name = fullGatewayName(named.value, route);
      if (name === "mesh") continue;
      const gateway = gateways.get(name);
      if (gateway !== undefined) {
        const reason = unusable(gateway, route);
        if (reason === undefined) continue;
        const place = gateway.gateway.at("metadata").place();
        const message = `the Gateway ${name} (${place}) ${reason}`;
        report(named.problem("unusable_gateway", message));
      } else if (others.has(name)) {
        const message = `${name} is a Gateway of the Gateway API, to which no VirtualService can be bound; name an Istio Gateway`;
        report(named.problem("unusable_gateway", message));
      } else if (gateways.size > 0) {
        const message = `the input has no Gateway ${name}`;
        const known = `the Gateways are ${listOf(gateways.keys())}`;
        report({ ...named.problem("unknown_gateway", message), known });
      }
    }
  }
}

function byName(gateways: readonly Cursor[]): Gateways {
  return new Map(
    gateways.map((gateway) => [fullNameOf(gateway), { gateway, hosts: hostsOf(gateway) }]),
  );
}

function hostsOf(gateway: Cursor): HostEntry[] {
  const servers = gateway.at("spec", "servers").items().filter(isHttp);
  return servers.flatMap((server) => server.at("hosts").items().map(toEntry));
}

function toEntry(host: Cursor): HostEntry {
  const parts = (host.text() ?? "").toLowerCase().split("/");
  const pattern = parts.pop() ?? "";
  return { namespace: parts[0] ?? "*", pattern };
}

const httpProtocols = ["HTTP", "HTTP2", "HTTPS", "GRPC"];

/** Why the Gateway takes no request of the route. */
function unusable({ hosts }: Gateway, route: RouteResource): string | undefined {
  if (hosts.length === 0) return "has no HTTP server";
  const { host } = route.value.spec;
  if (hosts.some((each) => takes(each, host, route))) return undefined;
  return `has no HTTP server for ${host}`;
}

// With PASSTHROUGH the gateway sees no request.
function isHttp(server: Cursor): boolean {
  const protocol = server.at("port", "protocol").text()?.toUpperCase() ?? "";
  const mode = server.at("tls", "mode").text() ?? "";
  return httpProtocols.includes(protocol) && !mode.endsWith("PASSTHROUGH");
}

/** Whether an entry of a server's hosts has the route's host. */
function takes({ namespace, pattern }: HostEntry, host: string, route: RouteResource): boolean {
  const isVisible =
    namespace === "*" || namespace === route.resource.namespace || namespace === ".";
  const isNamed = pattern.startsWith("*") ? host.endsWith(pattern.slice(1)) : host === pattern;
  return isVisible && isNamed;
}
