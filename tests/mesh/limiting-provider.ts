// A provider that limits each of its keys, and does not accept others. It says what it had left
// whenever it refuses a request.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { dashscopeRoute } from "./resources.ts";
import { limitingAddress, limitingHost } from "./rig/names.ts";
import type { Workload } from "./workload.ts";

/** Has three keys, of the entries `first`, `second` and `third` of the Secret llm-keys. */
export const limitingResources = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: { name: limiting, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: egressgateway } }
  host: ${limitingHost}
  configs:
    defaultConfig:
      openAIConfig:
        apiKeys:
          - secretRef: { name: llm-keys, key: first }
          - secretRef: { name: llm-keys, key: second }
          - secretRef: { name: llm-keys, key: third }
---
${dashscopeRoute
  .replaceAll("dashscope.aliyuncs.com", limitingHost)
  .replaceAll("dashscope-route", "limiting-route")}`;

export interface LimitingProvider {
  /** The number of answers by status. */
  counts: Map<number, number>;
  /** Whether a key has requests left, and has not been asked to wait. */
  hasLeft(): boolean;
  close(): void;
}

interface Window {
  used: number;
  endsAt: number;
  /** Until when the provider has asked to wait. */
  waitsUntil: number;
}

const windowMs = 1_000;
// After a wait, a gateway first tries one request.
const trialMs = 50;

/**
 * Starts the provider: each of `keys` may make `limit` requests in each second. `folder` is that of
 * the mesh.
 */
export async function startLimitingProvider(
  folder: string,
  keys: readonly string[],
  limit: number,
): Promise<LimitingProvider> {
  const windows = new Map<string, Window>(
    keys.map((key) => [key, { used: 0, endsAt: 0, waitsUntil: 0 }]),
  );
  const counts = new Map<number, number>();
  const read = (file: string) => readFileSync(join(folder, "internet", file));
  const tls = { cert: read("server-cert.pem"), key: read("server-key.pem") };
  const server = createServer(tls, (request, response) => {
    const key = request.headers.authorization?.replace(/^Bearer /, "") ?? "";
    const window = windows.get(key);
    const answer = window === undefined ? { status: 401 } : use(renew(window), limit);
    counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1);
    request.resume().on("end", () => {
      const headers = { "content-type": "application/json", ...answer.headers };
      response.writeHead(answer.status, headers).end("{}");
    });
  });
  server.listen(443, limitingAddress);
  await once(server, "listening");
  return {
    counts,
    hasLeft: () => {
      const now = Date.now();
      return [...windows.values()].some(
        (each) => renew(each).used < limit && each.waitsUntil + trialMs < now,
      );
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function renew(window: Window): Window {
  if (Date.now() < window.endsAt) return window;
  return Object.assign(window, { used: 0, endsAt: Date.now() + windowMs });
}

function use(window: Window, limit: number): { status: number; headers?: Record<string, string> } {
  window.used += 1;
  const left = Math.max(limit - window.used, 0);
  const headers = { "x-ratelimit-remaining-requests": `${left}` };
  if (window.used <= limit) return { status: 200, headers };
  window.waitsUntil = Date.now() + 1_000;
  return { status: 429, headers: { ...headers, "retry-after": "1" } };
}

export interface PoolRun {
  /** The number of answers by status, as the client sees them. */
  counts: Map<number, number>;
  /** How many requests failed although a key had requests left. */
  needless: number;
}

/** Sends requests at a rate for a time, and judges each answer. */
export async function usePool(
  workload: Workload,
  provider: LimitingProvider,
  { perSecond, seconds }: { perSecond: number; seconds: number },
): Promise<PoolRun> {
  const run: PoolRun = { counts: new Map(), needless: 0 };
  const send = async (): Promise<void> => {
    const { status } = await workload.chat(`http://${limitingHost}/v1/chat/completions`);
    run.counts.set(status, (run.counts.get(status) ?? 0) + 1);
    if (status !== 200 && provider.hasLeft()) run.needless += 1;
  };
  const begun = performance.now();
  const sent: Promise<void>[] = [];
  for (let number = 0; number < perSecond * seconds; number += 1) {
    await sleep(begun + (number * 1000) / perSecond - performance.now());
    sent.push(send());
  }
  await Promise.all(sent);
  return run;
}
