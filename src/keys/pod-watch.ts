// The pods that run filters: those that the plugins select, and no others. Kept between calls: a
// watch for each selector.
import type { KubeClient } from "../kube/client.ts";
import { Collection } from "../kube/collection.ts";
import { type Plugin, type Pod, readPod } from "./plugin.ts";

export interface PodWatchOptions {
  onChange: () => void;
  onTrouble: (path: string, error: Error) => void;
}

interface Followed {
  collection: Collection;
  stop: AbortController;
  hasFailed: boolean;
}

export class PodWatch {
  readonly #client: KubeClient;
  readonly #options: PodWatchOptions;
  /** By namespace and selector. */
  readonly #followed = new Map<string, Followed>();

  constructor(client: KubeClient, options: PodWatchOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Follows the pods of these plugins, and lets go of others. */
  follow(plugins: readonly Plugin[]): void {
    const wanted = new Map(plugins.map((plugin) => [idOf(plugin), plugin]));
    for (const [id, { stop }] of this.#followed) {
      if (wanted.has(id)) continue;
      stop.abort();
      this.#followed.delete(id);
    }
    for (const [id, plugin] of wanted) {
      if (!this.#followed.has(id)) this.#followed.set(id, this.#start(plugin));
    }
  }

  /** Whether all pods have been read, or can't be. */
  get isKnown(): boolean {
    return [...this.#followed.values()].every(isSettled);
  }

  /** Whether the pods of a plugin have been read, or can't be. */
  isKnownFor(plugin: Plugin): boolean {
    const followed = this.#followed.get(idOf(plugin));
    return followed !== undefined && isSettled(followed);
  }

  /** The pods of a plugin, as far as they are known. */
  all(plugin: Plugin): Pod[] {
    const objects = this.#followed.get(idOf(plugin))?.collection.objects ?? new Map();
    return [...objects.values()].map(readPod);
  }

  /** The ready pods of a plugin. Undefined if they can't be known. */
  of(plugin: Plugin): Pod[] | undefined {
    const isSynced = this.#followed.get(idOf(plugin))?.collection.isSynced ?? false;
    return isSynced ? this.all(plugin).filter(({ isReady }) => isReady) : undefined;
  }

  #start({ namespace, labels }: Plugin): Followed {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const labelSelector = selectorOf(labels);
    const collection = new Collection(this.#client, {
      path,
      ...(labelSelector === "" ? {} : { labelSelector }),
      onChange: () => this.#options.onChange(),
      onTrouble: (error) => {
        followed.hasFailed = true;
        this.#options.onTrouble(path, error);
        this.#options.onChange();
      },
    });
    const followed: Followed = { collection, stop: new AbortController(), hasFailed: false };
    void collection.run(followed.stop.signal);
    return followed;
  }
}

function isSettled({ collection, hasFailed }: Followed): boolean {
  return collection.isSynced || hasFailed;
}

function idOf({ namespace, labels }: Plugin): string {
  return `${namespace} ${selectorOf(labels)}`;
}

function selectorOf(labels: Record<string, string>): string {
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted.map(([name, value]) => `${name}=${value}`).join(",");
}
