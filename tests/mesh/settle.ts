// Waits until every proxy runs with what has been applied. istiod tells what each proxy has acknowledged, but not which change that was:
// a marker follows the change, and once all proxies have the marker, one more push of everything has to be acknowledged.
import { setTimeout as sleep } from "node:timers/promises";
import { EnvoyAdmin } from "../support/envoy-admin.ts";
import { applyObject } from "./rig/kube-client.ts";
import { istiodMetricsUrl, istiodUrl, proxies } from "./rig/names.ts";

const timeoutMs = 15_000;
const pollMs = 15;
const markerPath =
  "/apis/networking.istio.io/v1/namespaces/istio-system/serviceentries/mesh-test-marker";

/** Polls until the condition holds; rejects in the end, with what `explain` says. */
export async function pollUntil(
  what: string,
  condition: () => Promise<boolean>,
  explain: () => Promise<string> = () => Promise.resolve(""),
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!(await condition())) {
    if (performance.now() > deadline) {
      throw new Error(`waited in vain for ${what} ${await explain()}`);
    }
    await sleep(pollMs);
  }
}

/** An object as the API server has stored it. */
export interface Stored {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string; uid: string; generation: number };
}

/** Resolves when istiod has read these versions of Istio's objects. */
export async function untilRead(objects: Stored[]): Promise<void> {
  const wanted = objects.filter(({ apiVersion }) => apiVersion.includes(".istio.io/"));
  await pollUntil("istiod to read what was applied", async () => {
    const known = new Set((await askIstiod<Stored[]>("configz")).map(version));
    return wanted.every((object) => known.has(version(object)));
  });
}

/** Resolves when istiod has forgotten these objects. */
export async function untilForgotten(objects: Stored[]): Promise<void> {
  await pollUntil("istiod to forget what was deleted", async () => {
    const known = new Set((await askIstiod<Stored[]>("configz")).map(identity));
    return !objects.some((object) => known.has(identity(object)));
  });
}

/** Resolves when all proxies have acknowledged, or refused, all that istiod has read so far. */
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

/** How often a proxy has refused something, and kept what it had. */
export async function countRefusals(): Promise<number> {
  const metrics = await (await fetch(istiodMetricsUrl)).text();
  const counts = metrics.matchAll(/^pilot_total_xds_rejects\{.*?\} (\d+)$/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

/** Resolves when no connection is left that still goes by what a proxy's listener was before: they live on for the drain time, a second. */
export async function untilDrained(): Promise<void> {
  for (const gauge of ["total_filter_chains_draining", "total_listeners_draining"]) {
    await pollUntil("old connections to drain", async () => {
      const counts = await fromAll((admin) => admin.stat(`listener_manager.${gauge}`));
      return counts.every((count) => count === 0);
    });
  }
}

function fromAll<Answer>(ask: (admin: EnvoyAdmin) => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(proxies.map(({ adminPort }) => ask(new EnvoyAdmin(`127.0.0.1:${adminPort}`))));
}

async function askIstiod<Answer>(page: string): Promise<Answer> {
  return (await (await fetch(`${istiodUrl}/debug/${page}`)).json()) as Answer;
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

/** Tells an object's versions apart. Not by the resourceVersion: istiod itself moves that on, when it writes a status. */
export function version({ metadata: { uid, generation } }: Stored): string {
  return `${uid} ${generation}`;
}

function identity({ kind, metadata: { name, namespace = "" } }: Stored): string {
  return `${kind} ${namespace}/${name}`;
}
