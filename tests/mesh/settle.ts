// Waits until every proxy uses what has been applied. istiod reports what each proxy has
// acknowledged, but not to which change this belongs. So a marker is applied after the change, and
// when all proxies have the marker, they must acknowledge one more push of everything.
import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyAdmin } from "../support/envoy-admin.ts";
import { applyObject } from "./rig/kube-client.ts";
import { istiodMetricsUrl, istiodUrl, proxies } from "./rig/names.ts";

const timeoutMs = 15_000;
const pollMs = 15;
const markerPath =
  "/apis/networking.istio.io/v1/namespaces/istio-system/serviceentries/mesh-test-marker";

/** Polls until the condition holds. Rejects after a timeout, with the result of `explain`. */
export async function pollUntil(
  what: string,
  condition: () => Promise<boolean>,
  explain: () => Promise<string> = () => Promise.resolve(""),
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`timed out while waiting for ${what} ${await explain()}`);
    }
    await sleep(pollMs);
  }
}

/** An object as stored by the API server. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid: string;
    generation: number;
    annotations?: Record<string, string>;
  };
}

/** Resolves when istiod has read these versions of Istio's objects. */
export async function untilRead(objects: Stored[]): Promise<void> {
  const wanted = objects.filter(({ apiVersion }) => apiVersion.includes(".istio.io/"));
  await pollUntil("istiod to read what was applied", async () => {
    const known = new Set((await askIstiod<Stored[]>("configz")).map(version));
    return wanted.every((object) => known.has(version(object)));
  });
}

/** Resolves when istiod no longer has these objects. */
export async function untilForgotten(objects: Stored[]): Promise<void> {
  await pollUntil("istiod to forget what was deleted", async () => {
    const known = new Set((await askIstiod<Stored[]>("configz")).map(identity));
    return !objects.some((object) => known.has(identity(object)));
  });
}

/** Resolves when all proxies have acknowledged, or rejected, all that istiod has read so far. */
export async function untilAcknowledged(): Promise<void> {
  const marker = `marker-${Date.now()}.mesh-test.internal`;
  await applyObject(markerPath, markerEntry(marker));
  await pollUntil("the marker to reach all proxies", async () => {
    return (await fromAll((admin) => admin.clusters())).every((text) => text.includes(marker));
  });
  const before = new Set((await readStates()).map(({ sent }) => sent));
  await (await fetch(`${istiodUrl}/debug/adsz?push=true`)).text();
  await pollUntil(
    "all proxies to acknowledge",
    async () =>
      (await readStates()).every(({ sent, acked }) => sent === acked && !before.has(sent)),
    async () =>
      JSON.stringify(
        (await readStates()).filter(({ sent, acked }) => sent !== acked || before.has(sent)),
      ),
  );
}

/** How often proxies have rejected a configuration, and kept the previous one. */
export async function countRefusals(): Promise<number> {
  const metrics = await (await fetch(istiodMetricsUrl)).text();
  const counts = metrics.matchAll(/^pilot_total_xds_rejects\{.*?\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/**
 * Resolves when no connection is left that uses the previous version of a listener. They may remain
 * open for the drain time of a second.
 */
export async function untilDrained(): Promise<void> {
  for (const gauge of ["total_filter_chains_draining", "total_listeners_draining"]) {
    await pollUntil("old connections to drain", async () => {
      const counts = await fromAll((admin) => admin.stat(`listener_manager.${gauge}`));
      return counts.every((count) => count === 0);
    });
  }
}

function fromAll<Result>(ask: (admin: EnvoyAdmin) => Promise<Result>): Promise<Result[]> {
  return Promise.all(proxies.map(({ adminPort }) => ask(new EnvoyAdmin(`127.0.0.1:${adminPort}`))));
}

async function askIstiod<Result>(page: string): Promise<Result> {
  return (await (await fetch(`${istiodUrl}/debug/${page}`)).json()) as Result;
}

interface State {
  proxy: string;
  type: string;
  sent: string;
  acked?: string;
  lastError?: string;
}

async function readStates(): Promise<State[]> {
  type Status = { proxy: string; resources: Record<string, Omit<State, "proxy" | "type">> };
  const statuses = await askIstiod<Status[]>("syncz");
  return statuses.flatMap(({ proxy, resources }) =>
    Object.entries(resources).map(([type, state]) => ({ proxy, type, ...state })),
  );
}

function markerEntry(host: string): Record<string, unknown> {
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "ServiceEntry",
    metadata: { name: "mesh-test-marker", namespace: "istio-system" },
    spec: {
      hosts: [host],
      location: "MESH_EXTERNAL",
      resolution: "STATIC",
      ports: [{ number: 80, name: "http", protocol: "HTTP" }],
      endpoints: [{ address: "127.0.0.98" }],
    },
  };
}

/**
 * Identifies a version of an object. It does not use resourceVersion, as that changes when istiod
 * writes a status.
 */
export function version({ metadata: { uid, generation } }: Stored): string {
  return `${uid} ${generation}`;
}

function identity({ kind, metadata: { name, namespace = "" } }: Stored): string {
  return `${kind} ${namespace}/${name}`;
}
