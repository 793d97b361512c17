// What is desired → what is in the cluster, in an order that at no time lets a request leave
// unfiltered or in the clear:
//
//   create and change: DestinationRule, EnvoyFilter → WasmPlugin → (filters load) →
//                      VirtualService → ServiceEntry
//                      A route that needs nothing of what is loading does not wait.
//   remove:            ServiceEntry → VirtualService → (routes go) → WasmPlugin →
//                      DestinationRule → EnvoyFilter
//
// A sidecar that has the ServiceEntry without the VirtualService sends requests to the provider
// itself, in the clear. With the VirtualService alone, the gateway responds with 503.
//
// Nothing here waits: a pass does what may be done, and says when the next one can do more.
import type { KubeObject } from "../kube/client.ts";
import { type Collection, keyOf } from "../kube/collection.ts";
import { type Desired, idOf, type Kind, type ManagedObject } from "./desired.ts";
import type { Gate } from "./gate.ts";
import { formChecks } from "./live-forms.ts";
import { hasNeed, hostNeed, Loading, newsOf } from "./loading.ts";
import { type PluginSpec, readPlugin } from "./read-back.ts";
import { revisionOf, withRevision } from "./revision.ts";
import { keepUntilUnused } from "./transition.ts";
import { isOurs, type Writer } from "./writer.ts";

export interface ApplyOptions {
  writer: Writer;
  collections: Record<Kind, Collection>;
  /** Closed until the gateways have the filters that were written. */
  filtersLoaded: Gate;
  /** Closed until the proxies have the routes that were written. */
  routesGone: Gate;
}

export interface Applied {
  /** Objects that wait for the gateways, by id. */
  waiting: Set<string>;
  /** When there is more to do: Infinity if there is not. */
  dueInMs: number;
}

export class Applier {
  readonly #options: ApplyOptions;
  readonly #loading = new Loading();
  /** The latest revision of each WasmPlugin. */
  readonly #revisions = new Map<string, string>();

  constructor(options: ApplyOptions) {
    this.#options = options;
  }

  /** One step towards what is desired. Deletes the rest, if there is any and `mayPrune` agrees. */
  async apply(
    desired: ReadonlyMap<string, Desired>,
    mayPrune: () => Promise<boolean>,
  ): Promise<Applied> {
    const { writer, filtersLoaded, routesGone } = this.#options;
    // What another process wrote before may be loading as well.
    if (this.#loading.isUnknown && filtersLoaded.opensInMs() === 0) this.#loading.clear();
    const of = (kind: Kind) =>
      [...desired.values()].flatMap(({ object }) => (object.kind === kind ? object : []));
    const surplusIds = this.#surplusIds(desired);
    const prune = surplusIds.length > 0 && (await mayPrune());
    const surplus = (kind: Kind) => (prune ? this.#surplus(kind, desired) : []);
    writer.keepOnly(new Set([...desired.keys(), ...surplusIds]));

    await writer.put(writer.due([...of("DestinationRule"), ...of("EnvoyFilter")]));
    const missing = await this.#putPlugins(of("WasmPlugin"));

    // To compare everything takes a while.
    const due = writer.due([...of("ServiceEntry"), ...of("VirtualService")]);
    const openInMs = this.#filtersOpenInMs(due);
    const mustWait = (object: ManagedObject): boolean =>
      hasNeed(object, missing) || (openInMs > 0 && this.#loading.isNeededBy(object));
    let changed = 0;
    for (const kind of ["VirtualService", "ServiceEntry"] as const) {
      changed += await writer.put(due.filter((each) => each.kind === kind && !mustWait(each)));
    }
    changed += await writer.remove(surplus("ServiceEntry"));
    changed += await writer.remove(surplus("VirtualService"));
    if (changed > 0) routesGone.close();

    const stillDue = writer.due(due);
    const waiting = new Set(stillDue.filter(mustWait).map(idOf));
    // What may not be deleted must stay complete: the filter's part of it as well. And what waits for
    // the gateways would wait once more for another configuration.
    const isEarly = (surplusIds.length > 0 && !prune) || openInMs > 0;
    const lastInMs = isEarly ? Infinity : await this.#finish(of("WasmPlugin"), surplus, stillDue);
    return { waiting, dueInMs: Math.min(openInMs || Infinity, lastInMs, writer.retryInMs) };
  }

  /** Writes plugins. Gives what routes need of those that could not be written. */
  async #putPlugins(goals: readonly ManagedObject[]): Promise<Set<string>> {
    const { writer, filtersLoaded } = this.#options;
    const due = writer.due(goals.map((goal) => this.#named(this.#interim(goal))));
    const news = () =>
      due.flatMap((plugin) => newsOf(plugin.spec as PluginSpec, this.#livePlugin(plugin)));
    const before = news();
    await writer.put(due);
    const missing = new Set(news());
    const written = before.filter((need) => !missing.has(need));
    this.#loading.add(written);
    if (written.length > 0) filtersLoaded.close();
    return missing;
  }

  /** How long routes that need what is loading have to wait. */
  #filtersOpenInMs(due: readonly ManagedObject[]): number {
    if (!due.some((object) => this.#loading.isNeededBy(object))) return 0;
    const openInMs = this.#options.filtersLoaded.opensInMs();
    if (openInMs === 0) this.#loading.clear();
    return openInMs;
  }

  /**
   * Writes and deletes what no route that is there needs any more. Gives the time until it may be
   * done.
   */
  async #finish(
    goals: readonly ManagedObject[],
    surplus: (kind: Kind) => KubeObject[],
    stillDue: readonly ManagedObject[],
  ): Promise<number> {
    const { writer, routesGone } = this.#options;
    const astray = this.#astray(stillDue, surplus);
    const isUsed = (live: PluginSpec | undefined, goal?: PluginSpec): boolean =>
      live !== undefined && astray.some((each) => mayNeed(each, newsOf(live, goal)));
    const due = writer
      .due(goals.map((goal) => this.#named(goal)))
      .filter((goal) => !isUsed(this.#livePlugin(goal), goal.spec as PluginSpec));
    const plugins = surplus("WasmPlugin").filter((plugin) => !isUsed(readPlugin(plugin)));
    const rules = surplus("DestinationRule").filter((rule) => {
      const { host = "" } = rule["spec"] as { host?: string };
      return !astray.some((each) => mayNeed(each, [hostNeed(host)]));
    });
    const filters = surplus("EnvoyFilter").filter((filter) => {
      const isTunnelOf = ({ kind, metadata }: ManagedObject): boolean =>
        kind === "ServiceEntry" && `${keyOf({ metadata })}-proxy` === keyOf(filter);
      return !astray.some(isTunnelOf);
    });
    const unused = [plugins, rules, filters];
    if (due.length + unused.flat().length === 0) return Infinity;
    const inMs = routesGone.opensInMs();
    if (inMs > 0) return inMs;
    await writer.put(due);
    for (const objects of unused) await writer.remove(objects);
    return Infinity;
  }

  /** The routes of ours that are still there, and should be gone, or should lead elsewhere. */
  #astray(
    due: readonly ManagedObject[],
    surplus: (kind: Kind) => KubeObject[],
  ): readonly ManagedObject[] {
    const live = due.flatMap(({ kind, metadata }) => {
      const object = this.#options.collections[kind].objects.get(keyOf({ metadata }));
      return object !== undefined && isOurs(object) ? object : [];
    });
    const all = [...live, ...surplus("VirtualService"), ...surplus("ServiceEntry")];
    return all as unknown as ManagedObject[];
  }

  #named(goal: ManagedObject): ManagedObject {
    const live = revisionOf(this.#options.collections.WasmPlugin.objects.get(keyOf(goal)));
    const named = withRevision(goal, [live, this.#revisions.get(keyOf(goal)) ?? ""]);
    // A write that is refused is repeated with the same name.
    this.#revisions.set(keyOf(goal), revisionOf(named));
    return named;
  }

  #interim(goal: ManagedObject): ManagedObject {
    const live = this.#livePlugin(goal);
    return live === undefined ? goal : keepUntilUnused(goal, live);
  }

  #livePlugin(goal: ManagedObject): PluginSpec | undefined {
    const live = this.#options.collections.WasmPlugin.objects.get(keyOf(goal));
    return live !== undefined && isOurs(live) ? readPlugin(live) : undefined;
  }

  #surplus(kind: Kind, desired: ReadonlyMap<string, Desired>): KubeObject[] {
    const objects = [...this.#options.collections[kind].objects.values()];
    return objects.filter((object) => isOurs(object) && !desired.has(idOf(object)));
  }

  #surplusIds(desired: ReadonlyMap<string, Desired>): string[] {
    const all = Object.keys(this.#options.collections) as Kind[];
    return all.flatMap((kind) => this.#surplus(kind, desired).map(idOf));
  }
}

/** Whether a live route has one of the needs, as far as it can be read. */
function mayNeed(object: ManagedObject, needs: readonly string[]): boolean {
  return !formChecks.VirtualService(object.spec) || hasNeed(object, new Set(needs));
}
