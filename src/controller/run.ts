// The controller as a process: replicas, of which one leads and all serve. Kept while it runs: the
// election, the controller, and the server.
import type { Server } from "node:http";
import type { IstioOptions } from "../emit/istio/options.ts";
import { KeyService, type KeyServiceOptions } from "../keys/service.ts";
import { loadAccess } from "../kube/access.ts";
import { KubeClient } from "../kube/client.ts";
import { Election } from "../kube/lease.ts";
import type { Endpoint } from "../plan/plan.ts";
import { Controller } from "./controller.ts";
import { createLog, type Log, type LogLevel } from "./log.ts";
import { Secrets } from "./secrets.ts";
import { type Module, startServer } from "./server.ts";
import { startWebhook } from "./webhook/start-webhook.ts";

/** Of the key connection. */
export interface KeyRunOptions extends Omit<
  KeyServiceOptions,
  "leader" | "onNews" | "onRefusal" | "log"
> {
  /** `HOST:PORT` at which other replicas reach this one. Empty: nowhere. */
  address: string;
}

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
  keys: KeyRunOptions;
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
  const { identity, listen, module } = options;
  const stop = new AbortController();
  signal.addEventListener("abort", () => stop.abort());
  const { client, log, election, gateways, controller, webhook } = assemble(options, stop.signal);
  const server = await startServer({
    ...{ ...listen, module },
    isReady: () => controller.isSynced && gateways.isReady,
    metrics: () => controller.metrics.registry.metrics(),
  });
  log.info("the controller has started", { listen, sha256: module.sha256, identity });
  const working = Promise.all([controller.run(stop.signal), gateways.run(stop.signal)]);
  const result = await election.run(stop.signal);
  stop.abort();
  await working;
  await webhook?.ended;
  await election.release().catch(() => {});
  close(server, client);
  log.info(result === "lost" ? "the Lease is lost" : "the controller has stopped");
  return result;
}

interface Parts {
  client: KubeClient;
  log: Log;
  election: Election;
  gateways: KeyService;
  controller: Controller;
  webhook: ReturnType<typeof startWebhook> | undefined;
}

function assemble(options: RunOptions, signal: AbortSignal): Parts {
  const { identity, istio, keys, logLevel, print, pruneAll } = options;
  const secrets = new Secrets();
  const log = createLog(logLevel, secrets.hide, print);
  const client = new KubeClient(loadAccess());
  const election: Election = new Election(client, {
    ...{ namespace: options.namespace, name: options.leaseName, identity, address: keys.address },
    onElected: () => {
      log.info("this replica leads", { identity });
      gateways.lead();
      controller.trigger();
      webhook?.onElected();
    },
    onLeader: () => gateways.changeLeader(),
    onTrouble: ({ message }) => log.warn("the Lease can't be renewed", { error: message }),
  });
  const isLeader = (): boolean => election.isLeader;
  const gateways: KeyService = new KeyService(client, {
    ...{ ...keys, log },
    leader: () => election.leaderAddress,
    onNews: () => controller.trigger(),
    onRefusal: (reason) => controller.metrics.keyRefusals.inc({ reason }),
  });
  const controller: Controller = new Controller(client, {
    ...{ istio, log, secrets, gateways, isLeader, instance: identity, pruneAll },
  });
  const webhook =
    options.webhook &&
    startWebhook(client, controller, {
      ...{ ...options.webhook, namespace: options.namespace, isLeader, log, signal },
      hasTunnels: istio.proxies,
    });
  return { client, log, election, gateways, controller, webhook };
}

function close(server: Server, client: KubeClient): void {
  server.close();
  server.closeAllConnections();
  client.close();
}
