// Which provider a request goes to, and which of its settings apply: by the cluster and the route that Envoy chose, never by what the
// client says. Nothing is kept between calls.

import { Provider, Settings } from "../config/config";
import { answerEnd, answerStart, getProperty } from "../host/host";
import { bytesOf } from "../json/bytes";

const clusterName = bytesOf("xds\0cluster_name");
const routeName = bytesOf("xds\0route_name");

/** The cluster that Envoy has chosen, "" where it has chosen none. Not refreshed by Envoy while the filter edits the request's headers. */
export function readCluster(): string {
  return readText(clusterName);
}

/** Which settings of `provider` apply to the route that Envoy has chosen. */
export function readSettings(provider: Provider): Settings {
  return provider.routes.size == 0 ? provider.settings : provider.settingsFor(readText(routeName));
}

function readText(property: ArrayBuffer): string {
  if (!getProperty(property)) return "";
  return String.UTF8.decodeUnsafe(answerStart, answerEnd - answerStart);
}
