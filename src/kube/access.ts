// How kubectl would reach the cluster. This is the only module that loads the Kubernetes client, so
// that nothing else waits for it.
// Not the package's main module, which brings in a class for every kind of the API.
import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Access } from "./client.ts";

/**
 * Access by `KUBECONFIG`, `~/.kube/config`, or as the pod's ServiceAccount, in this order. Throws if
 * the configuration can't be read, or names no cluster.
 */
export function loadAccess(): Access {
  const config = new KubeConfig();
  config.loadFromDefault();
  const server = config.getCurrentCluster()?.server;
  if (server === undefined) throw new Error("the configuration names no cluster");
  return {
    server: server.replace(/\/$/, ""),
    authorize: (options) => config.applyToHTTPSOptions(options),
  };
}
