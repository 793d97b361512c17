// What is desired → what is in the cluster, in an order that at no time lets a request leave
// unfiltered or in the clear:
//
//   create and change: DestinationRule → WasmPlugin → (filters load) → ServiceEntry → VirtualService
//   remove:            VirtualService → ServiceEntry → (routes go) → WasmPlugin → DestinationRule
//
// Nothing here waits: a pass does what may be done, and says when the next one can do more.
import type { KubeObject } from "../kube/client.ts";
import { type Collection, keyOf } from "../kube/collection.ts";
import { type Desired, idOf, type Kind, type ManagedObject } from "./desired.ts";
import type { Gate } from "./gate.ts";
import type { PluginSpec } from "./read-back.ts";
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
    const all = [...desired.values()].map(({ object }) => object);
    const of = (kind: Kind) => all.filter((object) => object.kind === kind);
    const surplusIds = this.#surplusIds(desired);
    const prune = surplusIds.length > 0 && (await mayPrune());
    const surplus = (kind: Kind) => (prune ? this.#surplus(kind, desired) : []);
    writer.keepOnly(new Set([...desired.keys(), ...surplusIds]));

    await writer.put(writer.due(of("DestinationRule")));
    const plugins = of("WasmPlugin").map((goal) => this.#named(this.#interim(goal)));
    if ((await writer.put(writer.due(plugins))) > 0) filtersLoaded.close();

    const routesDue = () => [
      ...writer.due(of("ServiceEntry")),
      ...writer.due(of("VirtualService")),
    ];
    const openInMs = routesDue().length > 0 ? filtersLoaded.opensInMs() : 0;
    let changed = 0;
    if (openInMs === 0) {
      changed += await writer.put(writer.due(of("ServiceEntry")));
      changed += await writer.put(writer.due(of("VirtualService")));
    }
    changed += await writer.remove(surplus("VirtualService"));
    changed += await writer.remove(surplus("ServiceEntry"));
    if (changed > 0) routesGone.close();

    const waiting = new Set(openInMs > 0 ? routesDue().map(idOf) : []);
    // What may not be deleted must stay complete: the filter's part of it as well.
    const isKept = surplusIds.length > 0 && !prune;
    const isEarly = waiting.size > 0 || this.#leadsAstray(routesDue(), surplus);
    const lastInMs = isKept || isEarly ? Infinity : await this.#finish(of("WasmPlugin"), surplus);
    const openAgain = waiting.size > 0 ? openInMs : Infinity;
    return { waiting, dueInMs: Math.min(openAgain, lastInMs, writer.retryInMs) };
  }

  /** What no route needs any more. Gives the time until it may be done. */
  async #finish(
    goals: readonly ManagedObject[],
    surplus: (kind: Kind) => KubeObject[],
  ): Promise<number> {
    const { writer, routesGone } = this.#options;
    const due = writer.due(goals.map((goal) => this.#named(goal)));
    const [plugins, rules] = [surplus("WasmPlugin"), surplus("DestinationRule")];
    if (due.length + plugins.length + rules.length === 0) return Infinity;
    const inMs = routesGone.opensInMs();
    if (inMs > 0) return inMs;
    await writer.put(due);
    await writer.remove(plugins);
    await writer.remove(rules);
    return Infinity;
  }

  /** Whether a route of ours is still there that should be gone, or should lead elsewhere. */
  #leadsAstray(due: readonly ManagedObject[], surplus: (kind: Kind) => KubeObject[]): boolean {
    const isThere = ({ kind, metadata }: ManagedObject): boolean => {
      const live = this.#options.collections[kind].objects.get(keyOf({ metadata }));
      return live !== undefined && isOurs(live);
    };
    const left = surplus("VirtualService").length + surplus("ServiceEntry").length;
    return due.some(isThere) || left > 0;
  }

  #named(goal: ManagedObject): ManagedObject {
    const live = revisionOf(this.#options.collections.WasmPlugin.objects.get(keyOf(goal)));
    const named = withRevision(goal, [live, this.#revisions.get(keyOf(goal)) ?? ""]);
    // A write that is refused is repeated with the same name.
    this.#revisions.set(keyOf(goal), revisionOf(named));
    return named;
  }

  #interim(goal: ManagedObject): ManagedObject {
    const live = this.#options.collections.WasmPlugin.objects.get(keyOf(goal));
    if (live === undefined || !isOurs(live)) return goal;
    try {
      return keepUntilUnused(goal, live["spec"] as PluginSpec);
    } catch {
      // Somebody has edited it so that it can't be read: nothing in it is worth keeping.
      return goal;
    }
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
