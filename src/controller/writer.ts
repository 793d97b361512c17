// Writes objects, and only those that the controller has written before. Kept between calls: what the
// API has refused, and when it is to be tried again.
import { isDeepStrictEqual } from "node:util";
import { type KubeClient, KubeError, type KubeObject } from "../kube/client.ts";
import { type Collection, keyOf } from "../kube/collection.ts";
import { printableLine } from "../printable.ts";
import { collectionPaths, idOf, type Kind, type ManagedObject } from "./desired.ts";

export const fieldManager = "llm-egress-controller";

export interface WriterOptions {
  collections: Record<Kind, Collection>;
  /** Removes keys from a text about an object of the namespace. */
  hide: (namespace: string, text: string) => string;
  /** Whether a write may begin now. */
  mayWrite: () => boolean;
  onWrite: (kind: Kind, verb: "create" | "update" | "delete") => void;
  onFailure: (id: string, failure: Failure) => void;
  firstDelayMs?: number;
  lastDelayMs?: number;
}

export interface Failure {
  reason: "Conflict" | "Refused";
  message: string;
}

interface Refusal extends Failure {
  /** What was refused: anything else is tried at once. */
  object: ManagedObject | undefined;
  delayMs: number;
  retryAt: number;
}

/** An object of that name is there, and is not the controller's. */
class NotOurs extends Error {}

const parallelWrites = 8;

export class Writer {
  readonly #client: KubeClient;
  readonly #options: Required<WriterOptions>;
  readonly #refusals = new Map<string, Refusal>();

  constructor(client: KubeClient, options: WriterOptions) {
    this.#client = client;
    this.#options = { firstDelayMs: 250, lastDelayMs: 30_000, ...options };
  }

  /** Why an object can't be written, or deleted, at present. */
  failureOf(id: string): Failure | undefined {
    return this.#refusals.get(id);
  }

  /** The time until something is to be tried again. Infinity if nothing is. */
  get retryInMs(): number {
    const times = [...this.#refusals.values()].map(({ retryAt }) => retryAt);
    return Math.max(0, Math.min(...times) - performance.now());
  }

  /** Forgets what was refused of objects that are no longer of interest. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#refusals.keys()) if (!ids.has(id)) this.#refusals.delete(id);
  }

  /** The objects that are not in the cluster as they should be. */
  due(objects: readonly ManagedObject[]): ManagedObject[] {
    return objects.filter((object) => {
      const live = this.#options.collections[object.kind].objects.get(keyOf(object));
      return live === undefined || !isOurs(live) || !isAsDesired(object, live);
    });
  }

  /** Writes objects. Gives how many were written. Never rejects. */
  put(objects: readonly ManagedObject[]): Promise<number> {
    return this.#each(objects, async (object) => {
      const refusal = this.#refusals.get(idOf(object));
      const isSame = isDeepStrictEqual(refusal?.object, object);
      if (refusal !== undefined && isSame && refusal.retryAt > performance.now()) return false;
      const write = (): Promise<void> => this.#write(object);
      return this.#try(object, write, { object, before: isSame ? refusal : undefined });
    });
  }

  /** Deletes objects. Gives how many were deleted. Never rejects. */
  remove(objects: readonly KubeObject[]): Promise<number> {
    return this.#each(objects, async (object) => {
      const before = this.#refusals.get(idOf(object));
      if (before !== undefined && before.retryAt > performance.now()) return false;
      return this.#try(object, () => this.#delete(object), { object: undefined, before });
    });
  }

  async #each<Item>(
    items: readonly Item[],
    act: (item: Item) => Promise<boolean>,
  ): Promise<number> {
    const queue = [...items];
    let done = 0;
    const work = async (): Promise<void> => {
      for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
        if (this.#options.mayWrite() && (await act(item))) done += 1;
      }
    };
    await Promise.all(Array.from({ length: parallelWrites }, work));
    return done;
  }

  async #try(
    about: Pick<KubeObject, "kind" | "metadata">,
    write: () => Promise<void>,
    { object, before }: { object: ManagedObject | undefined; before: Refusal | undefined },
  ): Promise<boolean> {
    const { firstDelayMs, lastDelayMs, hide, onFailure } = this.#options;
    const id = idOf(about);
    try {
      await write();
      this.#refusals.delete(id);
      return true;
    } catch (error) {
      const text = hide(about.metadata.namespace ?? "", (error as Error).message);
      const message = printableLine(text);
      const reason = error instanceof NotOurs ? "Conflict" : "Refused";
      const delayMs = Math.min((before?.delayMs ?? firstDelayMs / 2) * 2, lastDelayMs);
      const retryAt = performance.now() + delayMs * (0.75 + Math.random() / 2);
      this.#refusals.set(id, { reason, message, object, delayMs, retryAt });
      onFailure(id, { reason, message });
      return false;
    }
  }

  async #write(object: ManagedObject): Promise<void> {
    const collection = this.#options.collections[object.kind];
    const live = collection.objects.get(keyOf(object));
    const stored = await (
      live === undefined ? this.#create(object) : this.#replace(object, live)
    ).catch(async (error: unknown) => {
      if (!(error instanceof KubeError && error.status === 409)) throw error;
      // It has changed meanwhile, or it is there without our label.
      return this.#replace(object, await this.#client.call({ path: pathOf(object) }));
    });
    collection.put(stored);
  }

  async #create(object: ManagedObject): Promise<KubeObject> {
    const path = pathOf(object);
    const stored = await this.#client.call({
      method: "POST",
      path: path.slice(0, path.lastIndexOf("/")),
      query: { fieldManager },
      body: object,
    });
    this.#options.onWrite(object.kind, "create");
    return stored;
  }

  // Replaced as a whole: server-side apply takes several times as long for a large plugin, and
  // leaves in it what others have added.
  async #replace(object: ManagedObject, live: KubeObject): Promise<KubeObject> {
    if (!isOurs(live)) {
      throw new NotOurs(`${idOf(object)} exists, and llm-egress has not created it`);
    }
    const { labels, annotations } = live.metadata;
    const merged = {
      ...live.metadata,
      // The API keeps them.
      managedFields: undefined,
      labels: { ...labels, ...object.metadata.labels },
      annotations: { ...annotations, ...object.metadata.annotations },
    };
    const body = { ...live, metadata: merged, spec: object.spec };
    const query = { fieldManager };
    const stored = await this.#client.call({ method: "PUT", path: pathOf(object), query, body });
    this.#options.onWrite(object.kind, "update");
    return stored;
  }

  async #delete(object: KubeObject): Promise<void> {
    const { uid } = object.metadata;
    const kind = object.kind as Kind;
    const preconditions = uid === undefined ? {} : { preconditions: { uid } };
    const body = { apiVersion: "v1", kind: "DeleteOptions", ...preconditions };
    await this.#client
      .call({ method: "DELETE", path: pathOf({ kind, metadata: object.metadata }), body })
      .catch((error: unknown) => {
        if (!(error instanceof KubeError && error.status === 404)) throw error;
      });
    this.#options.onWrite(kind, "delete");
    this.#options.collections[kind].remove(object);
  }
}

/** Whether the controller has written the object. A label can be copied: this can't. */
export function isOurs({ metadata }: KubeObject): boolean {
  return (metadata.managedFields ?? []).some(({ manager }) => manager === fieldManager);
}

/** The whole spec: a field that somebody has added is a change too. */
function isAsDesired({ metadata, spec }: ManagedObject, live: KubeObject): boolean {
  const has = (desired: Record<string, string>, found: Record<string, string> = {}): boolean =>
    Object.entries(desired).every(([name, value]) => found[name] === value);
  return (
    has(metadata.labels, live.metadata.labels) &&
    has(metadata.annotations, live.metadata.annotations) &&
    isDeepStrictEqual(spec, live["spec"])
  );
}

function pathOf({ kind, metadata }: { kind: Kind; metadata: KubeObject["metadata"] }): string {
  const [, apis, group, version, plural] = collectionPaths[kind].split("/");
  const { namespace = "", name } = metadata;
  return `/${apis}/${group}/${version}/namespaces/${namespace}/${plural}/${name}`;
}
