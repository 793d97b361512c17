// The controller: whatever changes, everything is judged anew and the difference applied. Comes in:
// live objects; goes out: Istio's resources, statuses and events. Kept between passes: the
// collections, and whether a pass is due.
import { setMaxListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { IstioOptions } from "../emit/istio/options.ts";
import type { KubeClient, KubeObject } from "../kube/client.ts";
import { type Applied, Applier } from "./apply.ts";
import { idOf } from "./desired.ts";
import { Acknowledgements } from "./acknowledgements.ts";
import { AcknowledgedGate, TimedGate } from "./gate.ts";
import { type Gateways, outcomeOfGateways } from "./gateways.ts";
import type { Log } from "./log.ts";
import { Metrics } from "./metrics.ts";
import { judge, type Judged } from "./pass.ts";
import { PruneGuard } from "./prune-guard.ts";
import type { Secrets } from "./secrets.ts";
import { StatusWriter } from "./status-writer.ts";
import { groupPath, World } from "./world.ts";
import { Writer } from "./writer.ts";

// A burst of events makes one pass.
const quietMs = 20;
const mostQuietMs = 200;
const failedPassMs = 1_000;

export interface ControllerOptions {
  istio: IstioOptions;
  log: Log;
  secrets: Secrets;
  /** The gateways, which get keys and acknowledge. */
  gateways: Gateways;
  isLeader: () => boolean;
  /** This replica, in events. */
  instance: string;
  /** Whether everything may be deleted although nobody has seen the resources go. */
  pruneAll: boolean;
  /** How long gateways are given to load what was written. */
  settleMs?: number;
}

export class Controller {
  readonly #options: ControllerOptions;
  readonly world: World;
  readonly #writer: Writer;
  readonly #applier: Applier;
  readonly #statuses: StatusWriter;
  readonly #guard: PruneGuard;
  readonly #acknowledgements: Acknowledgements;
  readonly metrics: Metrics;
  #isDue = false;
  #isStopped = false;
  #wake: () => void = () => {};
  #alarm: NodeJS.Timeout | undefined;

  constructor(client: KubeClient, options: ControllerOptions) {
    this.#options = options;
    const { log, isLeader, settleMs = 2_000, secrets, instance, gateways } = options;
    // Rights for EnvoyFilters are given only for what needs them.
    const { localReplies, proxies } = options.istio;
    const unmanaged = localReplies === "plain" && !proxies ? (["EnvoyFilter"] as const) : [];
    this.world = new World(client, log, () => this.trigger(), unmanaged);
    this.metrics = new Metrics(isLeader, this.world.all, gateways);
    const { own, managed } = this.world;
    const mayWrite = (): boolean => isLeader() && !this.#isStopped;
    const { metrics } = this;
    this.#writer = new Writer(client, {
      ...{ collections: managed, hide: secrets.hideIn, mayWrite },
      onWrite: (kind, verb) => metrics.writes.inc({ kind, verb }),
      onFailure: (object, failure) => {
        metrics.failures.inc({ kind: object.split(" ")[0] ?? "" });
        log.warn("an object can't be written", { object, ...failure });
      },
    });
    this.#acknowledgements = new Acknowledgements({
      plugins: () => this.world.plugins,
      laggingAt: (plugin) => gateways.laggingAt(plugin),
      lateMs: settleMs,
    });
    this.#applier = new Applier({
      ...{ writer: this.#writer, collections: managed },
      filtersLoaded: new AcknowledgedGate(settleMs, this.#acknowledgements),
      routesGone: new TimedGate(settleMs),
    });
    this.#statuses = new StatusWriter(client, {
      ...{ collections: own, log, mayWrite },
      reporter: { controller: "llm-egress", instance },
      onWrite: (kind) => metrics.writes.inc({ kind, verb: "status" }),
      isUrgent: () => this.#isDue,
    });
    const { pruneAll } = options;
    this.#guard = new PruneGuard(client, {
      ...{ group: groupPath, collections: Object.values(own), pruneAll, log },
    });
  }

  /** Whether everything has been read at least once, and is known. */
  get isSynced(): boolean {
    return this.world.isSynced;
  }

  /** A pass is due. */
  trigger(): void {
    this.#isDue = true;
    this.#wake();
  }

  /** Works until the signal. Resolves after the last write. */
  async run(signal: AbortSignal): Promise<void> {
    // Each collection has a few listeners, and removes them.
    setMaxListeners(0, signal);
    const running = [...this.world.all.values()].map((collection) => collection.run(signal));
    signal.addEventListener("abort", () => {
      this.#isStopped = true;
      this.#wake();
    });
    while (!signal.aborted) {
      await this.#untilDue(signal);
      // What is not known yet must not count as deleted.
      if (!signal.aborted && this.isSynced) await this.#passOnce();
    }
    clearTimeout(this.#alarm);
    await Promise.all(running);
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    while (!this.#isDue && !signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    const begun = performance.now();
    do {
      this.#isDue = false;
      await sleep(quietMs, undefined, { signal }).catch(() => {});
    } while (this.#isDue && performance.now() - begun < mostQuietMs);
    this.#isDue = false;
  }

  async #passOnce(): Promise<void> {
    const { log, isLeader, secrets, gateways } = this.#options;
    try {
      const own = this.world.ownObjects;
      secrets.learn(own);
      // On every replica, as each hands out keys.
      gateways.follow(this.world.plugins);
      this.#guard.note();
      if (!isLeader()) return;
      const end = this.metrics.duration.startTimer();
      const dueInMs = await this.#pass(own).finally(end);
      this.metrics.passes.inc({ outcome: dueInMs === Infinity ? "complete" : "incomplete" });
      if (dueInMs !== Infinity) this.#triggerIn(dueInMs);
    } catch (error) {
      log.error("a pass failed", { error: (error as Error).stack });
      this.metrics.passes.inc({ outcome: "failed" });
      this.#triggerIn(failedPassMs);
    }
  }

  async #pass(own: readonly KubeObject[]): Promise<number> {
    const begun = performance.now();
    const { contextObjects: context, live } = this.world;
    const textOf = (object: KubeObject): string | undefined => this.world.textOf(object);
    const judged = judge({ own, context, textOf, live }, this.#options.istio);
    const judgedAt = performance.now();
    const applied = await this.#applier.apply(judged.desired, () => this.#guard.mayPrune());
    this.#options.gateways.follow(this.world.plugins);
    const appliedAt = performance.now();
    const hasFailed = await this.#report(own, judged, applied);
    this.#options.log.debug("pass", {
      resources: own.length,
      objects: judged.desired.size,
      judgeMs: Math.round(judgedAt - begun),
      applyMs: Math.round(appliedAt - judgedAt),
      statusMs: Math.round(performance.now() - appliedAt),
    });
    const againInMs = hasFailed ? failedPassMs : Infinity;
    return Math.min(applied.dueInMs, this.#acknowledgements.newsInMs(), againInMs);
  }

  /** Writes the statuses; gives whether one has to be written again. */
  #report(own: readonly KubeObject[], judged: Judged, { waiting }: Applied): Promise<boolean> {
    const idsOf = new Map<string, string[]>();
    this.metrics.pluginBytes.reset();
    for (const [id, { object, sources, bytes }] of judged.desired) {
      if (object.kind === "WasmPlugin") this.metrics.pluginBytes.set({ plugin: id }, bytes);
      for (const source of sources) {
        const ids = idsOf.get(source);
        if (ids === undefined) idsOf.set(source, [id]);
        else ids.push(id);
      }
    }
    this.metrics.resources.reset();
    const gatewaysOf = outcomeOfGateways(judged.desired, {
      plugins: this.world.plugins,
      acknowledgements: this.#acknowledgements,
      remarkOn: (namespace, reference) => this.#options.gateways.remarkOn(namespace, reference),
    });
    return this.#statuses.write(
      own,
      (object) => {
        const name = idOf(object);
        const ids = idsOf.get(name) ?? [];
        const failures = ids.flatMap((id) => this.#writer.failureOf(id) ?? []);
        const isWaiting = ids.some((id) => waiting.has(id));
        const outcome = { ...judged.outcomeOf(name), ...gatewaysOf(object) };
        return { ...outcome, failure: failures[0], isWaiting };
      },
      ({ kind }, { status }) => this.metrics.resources.inc({ kind, status }),
    );
  }

  #triggerIn(ms: number): void {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.trigger(), ms + 1);
  }
}
