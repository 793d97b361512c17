// Decides whether what no resource asks for may be deleted. After a restore of the cluster, or while
// the CRDs are being deleted, all resources are gone at once, and nobody has meant the gateways to lose
// everything. Kept between calls: whether resources were seen, and by which lists.
import type { KubeClient } from "../kube/client.ts";
import type { Collection } from "../kube/collection.ts";
import type { Log } from "./log.ts";

export interface GuardOptions {
  /** The collections of LLMProviders and LLMRoutes. */
  collections: readonly Collection[];
  /** Their API group and version, such as `/apis/g/v1`. */
  group: string;
  pruneAll: boolean;
  log: Log;
}

const warning =
  "LLMProviders and LLMRoutes have vanished, and not one by one: nothing is deleted; start the controller with --prune-all to delete what they have become";

interface Discovery {
  resources: { name: string; verbs: string[] }[];
}

export class PruneGuard {
  readonly #client: KubeClient;
  readonly #options: GuardOptions;
  /** How many lists each collection had read when it last had resources. */
  readonly #listsWithResources = new Map<Collection, number>();
  #hasWarned = false;

  constructor(client: KubeClient, options: GuardOptions) {
    this.#client = client;
    this.#options = options;
  }

  /** Takes note of which resources there are. Call it for each pass, on every replica. */
  note(): void {
    for (const collection of this.#options.collections) {
      if (collection.objects.size === 0) continue;
      this.#listsWithResources.set(collection, collection.lists);
    }
  }

  /** Whether objects that no resource asks for may be deleted. */
  async mayPrune(): Promise<boolean> {
    if (this.#options.pruneAll) return true;
    // Deletions that watches have told one by one are a user's, unless the kinds are going.
    if (this.#wasSeen() && (await this.#areKindsHealthy())) {
      this.#hasWarned = false;
      return true;
    }
    if (!this.#hasWarned) this.#options.log.warn(warning);
    this.#hasWarned = true;
    return false;
  }

  /**
   * Whether every kind that has lost all of its resources lost them while it was watched. The
   * kinds vanish one after the other.
   */
  #wasSeen(): boolean {
    const seen = this.#options.collections.filter((each) => this.#listsWithResources.has(each));
    const isWhole = ({ objects, lists }: Collection, had?: number) =>
      objects.size > 0 || lists === had;
    return (
      seen.length > 0 && seen.every((each) => isWhole(each, this.#listsWithResources.get(each)))
    );
  }

  /** While a CRD is being deleted, the API offers no creation of its kind. */
  async #areKindsHealthy(): Promise<boolean> {
    const { collections, group } = this.#options;
    const { resources } = await this.#client.call<Discovery>({ path: group });
    const whole = resources.filter(({ name }) => !name.includes("/"));
    const sound = whole.filter(({ verbs }) => verbs.includes("create"));
    return whole.length === sound.length && whole.length >= collections.length;
  }
}
