// The validating webhook of one replica: its certificate, its server, and the judge. Nothing is kept
// between calls.
import type { KubeClient, KubeObject } from "../../kube/client.ts";
import type { Endpoint } from "../../plan/plan.ts";
import type { Controller } from "../controller.ts";
import type { Log } from "../log.ts";
import { Certificates } from "./certificates.ts";
import { review } from "./review.ts";
import { WebhookServer } from "./webhook-server.ts";

export interface StartOptions {
  listen: Endpoint;
  /** The DNS name by which the API server calls it. */
  host: string;
  /** Of the certificate's Secret. */
  namespace: string;
  /** Whether providers may have proxies. */
  hasTunnels: boolean;
  isLeader: () => boolean;
  log: Log;
  signal: AbortSignal;
}

/** Serves as soon as there is a certificate, until the signal. */
export function startWebhook(
  client: KubeClient,
  { world, metrics }: Controller,
  { listen, signal, hasTunnels, ...options }: StartOptions,
): { onElected: () => void; ended: Promise<void> } {
  const server = new WebhookServer({
    listen,
    review: (request) => {
      if (!world.isSynced) return undefined;
      const { ownObjects: own, contextObjects: context } = world;
      const textOf = (object: KubeObject) => world.textOf(object);
      return review(request, { own, context, textOf, hasTunnels });
    },
    onOutcome: (outcome) => metrics.reviews.inc({ outcome }),
  });
  const certificates = new Certificates(client, {
    ...options,
    onPair: (pair) => server.use(pair),
  });
  const ended = certificates.run(signal).then(() => server.close());
  return { onElected: () => certificates.trigger(), ended };
}
