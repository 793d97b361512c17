// Which provider a request goes to, and by which route, which decides what settings apply: as Envoy
// has chosen, never as the client says. Kept between calls: the cluster and the route found last,
// as most requests of a gateway go where the previous one went.

import { bytesOf, equals } from "../bytes/bytes";
import { Cluster, Config, Provider, Settings } from "../config/config";
import { getProperty, increment, log, LogLevel, resultEnd, resultStart } from "../host/host";
import { EMPTY_LABEL, Label, labelOf } from "../labels";

const clusterName = bytesOf("xds\0cluster_name");
const routeName = bytesOf("xds\0route_name");
// Istio's name of the configuration that the route comes from. No other resource can set it.
const routeSource = bytesOf("xds\0route_metadata\0filter_metadata\0istio\0config");

let lastConfig: Config | null = null;
let lastCluster: Cluster | null = null;

/**
 * What `config` says about the cluster that Envoy has chosen; null if it does not name the cluster.
 */
export function findCluster(config: Config): Cluster | null {
  if (!getProperty(clusterName)) return null;
  const last = lastCluster;
  if (config === lastConfig && last !== null && equals(last.bytes, resultStart, resultEnd)) {
    return last;
  }
  const name = resultText();
  if (!config.clusters.has(name)) return null;
  lastConfig = config;
  lastCluster = config.clusters.get(name);
  return lastCluster;
}

/**
 * Whether a request that carries the key of `cluster`'s provider goes there, or nowhere. The
 * filter's header edits make Envoy choose the route again, and the property shows the new choice
 * only after the callback that edits them. If the key has gone elsewhere, `counter` counts it, and
 * the provider gets no more requests from this worker.
 */
export function keepsItsKey(cluster: Cluster, counter: u32): bool {
  // Without a cluster, Envoy itself has replied, and nothing has been sent.
  if (!getProperty(clusterName) || resultStart == resultEnd) return true;
  if (equals(cluster.bytes, resultStart, resultEnd)) return true;
  const actual = resultText();
  const provider = cluster.provider;
  const owner = provider === null ? "" : provider.name;
  if (provider !== null) provider.isMisrouted = true;
  increment(counter, 1);
  const text = "a request for " + cluster.name + " went to " + actual;
  log(LogLevel.Error, text + ": " + owner + " answers 503");
  return false;
}

let lastRoute: Label = EMPTY_LABEL;

/**
 * The route that leads the current stream to `provider`: the only one, or else the one that Envoy
 * has chosen.
 */
export function routeTo(provider: Provider | null): Label {
  if (provider !== null && provider.route !== null) return provider.route!;
  if (!getProperty(routeName) || resultStart == resultEnd) return EMPTY_LABEL;
  if (!equals(lastRoute.bytes, resultStart, resultEnd)) lastRoute = labelOf(resultText());
  return lastRoute;
}

/** What applies to a request of the current stream to `provider` by `route`. */
export function settingsFor(provider: Provider, route: Label): Settings {
  if (provider.routes.size == 0 || !provider.routes.has(route.text)) return provider.settings;
  const routes = provider.routes.get(route.text);
  if (unchecked(routes[0]).sources === null) return unchecked(routes[0]).settings;
  if (!getProperty(routeSource)) return provider.settings;
  // Every VirtualService may have a route of this name.
  for (let i = 0; i < routes.length; i++) {
    if (unchecked(routes[i]).isFrom(resultStart, resultEnd)) return unchecked(routes[i]).settings;
  }
  return provider.settings;
}

function resultText(): string {
  return String.UTF8.decodeUnsafe(resultStart, resultEnd - resultStart);
}
