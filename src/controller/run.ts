// The controller as a process: replicas, of which one leads and all serve. Kept while it runs: the
// election, the controller, and the server.
import type { Server } from "node:http";
import type { IstioOptions } from "../emit/istio/options.ts";
import { loadAccess } from "../kube/access.ts";
import { KubeClient } from "../kube/client.ts";
import { Election } from "../kube/lease.ts";
import type { Endpoint } from "../plan/plan.ts";
import { Controller } from "./controller.ts";
import { createLog, type Log, type LogLevel } from "./log.ts";
import { Secrets } from "./secrets.ts";
import { type Module, startServer } from "./server.ts";
import { startWebhook } from "./webhook/start-webhook.ts";

export interface RunOptions {
  namespace: string;
  leaseName: string;
  /** This replica's name. */
  identity: string;
  listen: Endpoint;
  /** The webhook, if there is to be one. `host` is the name by which the API server calls it. */
  webhook: { listen: Endpoint; host: string } | undefined;
  module: Module;
  istio: IstioOptions;
  pruneAll: boolean;
  logLevel: LogLevel;
  /** Prints a line of the log. */
  print: (line: string) => void;
}

/**
 * Works until the signal. Resolves with "lost" if another replica leads now: this one can't know what
 * its last writes met, and has to start anew. Rejects if it can't start.
 */
export async function runController(
  options: RunOptions,
  signal: AbortSignal,
): Promise<"stopped" | "lost"> {
  const { identity, istio, listen, logLevel, module, print, pruneAll } = options;
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort());
  const secrets = new Secrets();
  const log = createLog(logLevel, secrets.hide, print);
  const client = new KubeClient(loadAccess());
  const election: Election = electionOf(client, options, log, () => {
    controller.trigger();
    webhook?.onElected();
  });
  const isLeader = (): boolean => election.isLeader;
  const controller = new Controller(client, {
    ...{ istio, log, secrets, isLeader, instance: identity, pruneAll },
  });
  const webhook =
    options.webhook &&
    startWebhook(client, controller, {
      ...{ ...options.webhook, namespace: options.namespace, isLeader, log },
      signal: stop.signal,
    });
  const server = await startServer({
    ...{ ...listen, module },
    isReady: () => controller.isSynced,
    metrics: () => controller.metrics.registry.metrics(),
  });
  log.info("the controller has started", { listen, sha256: module.sha256, identity });
  const working = controller.run(stop.signal);
  const result = await election.run(stop.signal);
  stop.abort();
  await working;
  await webhook?.ended;
  await election.release().catch(() => {});
  close(server, client);
  log.info(result === "lost" ? "the Lease is lost" : "the controller has stopped");
  return result;
}

function electionOf(
  client: KubeClient,
  { namespace, leaseName: name, identity }: RunOptions,
  log: Log,
  onElected: () => void,
): Election {
  return new Election(client, {
    ...{ namespace, name, identity },
    onElected: () => {
      log.info("this replica leads", { identity });
      onElected();
    },
    onTrouble: ({ message }) => log.warn("the Lease can't be renewed", { error: message }),
  });
}

function close(server: Server, client: KubeClient): void {
  server.close();
  server.closeAllConnections();
  client.close();
}
