// A filter must not forget a provider before its routes are gone: requests to a cluster that it does
// not know pass untouched. So while routes go, the plugin has what it had, and what it will have.
// Pure.
import type { PluginConfig, PluginProvider } from "../../contract/plugin-config.ts";
import { byFullName } from "../plan/build.ts";
import type { ManagedObject } from "./desired.ts";
import type { PluginSpec } from "./read-back.ts";

/** `goal`, and of `live` what `goal` no longer has. The same object if there is nothing to add. */
export function keepUntilUnused(goal: ManagedObject, live: object): ManagedObject {
  const { spec } = goal as { spec: PluginSpec };
  const former = live as PluginSpec;
  const known = clustersOf(spec.pluginConfig);
  const leaving = former.pluginConfig.providers
    .map((entry) => ({ ...entry, clusters: entry.clusters.filter((each) => !known.has(each)) }))
    .filter(({ clusters }) => clusters.length > 0);
  const providers = [...spec.pluginConfig.providers, ...leaving].sort(byName);
  const served = new Set(providers.flatMap(({ clusters }) => clusters));
  const unserved = union(
    spec.pluginConfig.unservedClusters,
    former.pluginConfig.unservedClusters.filter((each) => !served.has(each)),
  );
  const authorities = union(spec.pluginConfig.authorities, former.pluginConfig.authorities);
  const isSame =
    leaving.length === 0 &&
    unserved.length === spec.pluginConfig.unservedClusters.length &&
    authorities.length === spec.pluginConfig.authorities.length;
  if (isSame) return goal;
  const pluginConfig = { ...spec.pluginConfig, authorities, unservedClusters: unserved, providers };
  const env = environmentOf(spec, former);
  const vmConfig = env.length > 0 ? { vmConfig: { ...spec.vmConfig, env } } : {};
  return { ...goal, spec: { ...spec, ...vmConfig, pluginConfig } };
}

/** The plan's order, so that nothing moves without need. */
function byName(a: PluginProvider, b: PluginProvider): number {
  const [nameA, nameB] = [a, b].map((each) => {
    const [namespace = "", name = ""] = each.name.split("/");
    return { namespace, name };
  });
  return nameA === undefined || nameB === undefined ? 0 : byFullName(nameA, nameB);
}

function clustersOf({ providers, unservedClusters }: PluginConfig): Set<string> {
  return new Set([...providers.flatMap(({ clusters }) => clusters), ...unservedClusters]);
}

/** The variables of both, by name. */
function environmentOf(...specs: PluginSpec[]): { name: string; valueFrom: string }[] {
  const all = specs.flatMap(({ vmConfig }) => vmConfig?.env ?? []);
  const byName = new Map(all.map((each) => [each.name, each]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])].sort();
}
