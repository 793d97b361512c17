// What gateways may not have loaded yet of the filters that were written. Only routes that need it
// have to wait: their requests would pass the filter untouched, or be refused. Kept between calls:
// what is being loaded.
import type { ManagedObject } from "./desired.ts";
import type { PluginSpec, RouteSpec } from "./read-back.ts";

export class Loading {
  readonly #needs = new Set<string>();
  #isUnknown = true;

  /** Nothing is known before the gateways have had all filters once. */
  get isUnknown(): boolean {
    return this.#isUnknown;
  }

  /** Filters were written that bring this. */
  add(needs: Iterable<string>): void {
    for (const need of needs) this.#needs.add(need);
  }

  /** The gateways have all filters. */
  clear(): void {
    this.#needs.clear();
    this.#isUnknown = false;
  }

  /** Whether a ServiceEntry or a VirtualService needs what is being loaded. */
  isNeededBy(object: ManagedObject): boolean {
    return this.#isUnknown || hasNeed(object, this.#needs);
  }
}

/** What routes may need of a plugin that the other one, if there is one, does not have. */
export function newsOf(plugin: PluginSpec, other: PluginSpec | undefined): string[] {
  const parts = partsOf(plugin);
  if (other !== undefined) for (const part of partsOf(other).keys()) parts.delete(part);
  return [...parts.values()];
}

/** Whether a ServiceEntry or a VirtualService has one of the needs. */
export function hasNeed({ kind, metadata, spec }: ManagedObject, needs: Set<string>): boolean {
  if (needs.size === 0) return false;
  const { hosts, http = [] } = spec as RouteSpec;
  if (kind === "ServiceEntry") return hosts.some((host) => needs.has(hostNeed(host)));
  const destinations = http.flatMap(({ route = [] }) => route);
  return (
    needs.has(rulesNeed(`${metadata.namespace}/${metadata.name}`)) ||
    hosts.some((host) => needs.has(authorityNeed(host))) ||
    destinations.some(({ destination }) => needs.has(hostNeed(destination.host)))
  );
}

export const hostNeed = (host: string): string => `host ${host}`;
const authorityNeed = (host: string): string => `authority ${host}`;
const rulesNeed = (virtualService: string): string => `rules ${virtualService}`;

/** The parts of a plugin, each with the need that it meets. */
function partsOf({ pluginConfig }: PluginSpec): Map<string, string> {
  const parts = new Map<string, string>();
  const { authorities, unservedClusters, providers } = pluginConfig;
  // istiod's `outbound|PORT|SUBSET|HOST`.
  const hostOf = (cluster: string): string => cluster.split("|").at(-1) ?? "";
  for (const each of authorities) parts.set(`authority ${each}`, authorityNeed(each));
  for (const each of unservedClusters) parts.set(`unserved ${each}`, hostNeed(hostOf(each)));
  for (const { name: provider, clusters, routes } of providers) {
    for (const each of clusters) parts.set(`${provider} ${each}`, hostNeed(hostOf(each)));
    for (const { name, virtualServices = [] } of routes) {
      for (const each of virtualServices) {
        parts.set(`${provider} ${each} ${name}`, rulesNeed(each));
      }
    }
  }
  return parts;
}
