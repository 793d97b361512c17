import type { Report } from "../diagnostics.ts";
import type { Cursor } from "../model/cursor.ts";
import { fullNameOf } from "../model/resource.ts";
import { sidecarsName } from "../model/route.ts";
import type { Input } from "./input.ts";

/** No two resources of one kind have the same name in a namespace. */
export function checkNames({ providers, routes }: Input, report: Report): void {
  for (const resources of [providers, routes]) {
    forEachRepeated(resources, fullNameOf, (resource, first) => {
      const place = first.at("metadata", "name").place();
      const message = `${fullNameOf(resource)} is already defined in ${place}`;
      report(resource.at("metadata", "name").problem("duplicate_resource", message));
    });
  }
}

/** No two LLMProviders have the same host: the host determines which key a request gets. */
export function checkHosts({ providers }: Input, report: Report): void {
  forEachRepeated(
    providers,
    ({ value }) => value.spec.host,
    (provider, first) => {
      const host = provider.at("spec", "host");
      const place = first.at("spec", "host").place();
      const message = `${host.value} is already the host of the LLMProvider in ${place}; a host has only one provider`;
      report(host.problem("duplicate_host", message));
    },
  );
}

/** No two LLMRoutes become a VirtualService of one name. */
export function checkRenderedNames({ routes }: Input, report: Report): void {
  const byName = new Map(routes.map((route) => [fullNameOf(route), route]));
  for (const route of routes) {
    const other = byName.get(sidecarsName(fullNameOf(route)));
    if (other === undefined) continue;
    const message = `is also the name of a VirtualService of the LLMRoute in ${route.at("metadata", "name").place()}; use another name`;
    report(other.at("metadata", "name").problem("ambiguous_name", message));
  }
}

function forEachRepeated<Kind extends Cursor>(
  resources: readonly Kind[],
  textOf: (resource: Kind) => string,
  repeated: (resource: Kind, first: Kind) => void,
): void {
  const seen = new Map<string, Kind>();
  for (const resource of resources) {
    const text = textOf(resource);
    const first = seen.get(text);
    if (first === undefined) seen.set(text, resource);
    else repeated(resource, first);
  }
}
