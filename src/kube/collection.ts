// A collection of the API, kept up to date by list and watch. Comes in: pages and events; goes out:
// the objects, and a call for each change. Kept: the objects, and the version up to which they are
// known.
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { type KubeClient, KubeError, type KubeObject, type WatchEvent } from "./client.ts";
import { exactJson } from "./exact-json.ts";

export interface CollectionOptions {
  /** Such as `/apis/networking.istio.io/v1beta1/gateways`. */
  path: string;
  labelSelector?: string;
  /** Such as `metadata.name=NAME`, to follow one object. */
  fieldSelector?: string;
  /** Whether nobody reads the objects' status, so that a new one is no change. */
  ignoresStatus?: boolean;
  /** Something may have changed. It must not throw. */
  onChange: () => void;
  /** A list or a watch has failed, and is repeated. */
  onTrouble: (error: Error) => void;
  /** For tests: how long to wait after a failure at first, and the longest time. */
  firstDelayMs?: number;
  lastDelayMs?: number;
}

// The API sends a bookmark about once a minute on a watch on which nothing else happens.
const silenceMs = 90_000;
// The API ends a watch after this time. It begins again at the version that it has reached.
const watchSeconds = 600;
const pageSize = 500;

export class Collection {
  readonly #client: KubeClient;
  readonly #options: Required<Omit<CollectionOptions, "labelSelector" | "fieldSelector">>;
  readonly #selector: Record<string, string>;
  readonly #objects = new Map<string, KubeObject>();
  /** The JSON texts of objects in which JSON.parse may have rounded a number. */
  readonly #texts = new WeakMap<KubeObject, string>();
  /** Statuses that the caller writes at the moment, by object. */
  readonly #statuses = new Map<string, unknown>();
  #version = "";
  #heardAt = performance.now();
  #isSynced = false;
  #lists = 0;

  constructor(client: KubeClient, { labelSelector, fieldSelector, ...options }: CollectionOptions) {
    this.#client = client;
    this.#options = { ignoresStatus: false, firstDelayMs: 100, lastDelayMs: 5_000, ...options };
    this.#selector = {
      ...(labelSelector === undefined ? {} : { labelSelector }),
      ...(fieldSelector === undefined ? {} : { fieldSelector }),
    };
  }

  /** By `namespace/name`. */
  get objects(): ReadonlyMap<string, KubeObject> {
    return this.#objects;
  }

  /**
   * Whether a list has been read. False again while the API doesn't know the kind: then no object
   * counts as deleted.
   */
  get isSynced(): boolean {
    return this.#isSynced;
  }

  /** How often a list has been read. What a list no longer has may not have been deleted. */
  get lists(): number {
    return this.#lists;
  }

  /** The resourceVersion up to which the objects are known. Empty if that is uncertain. */
  get version(): string {
    return this.#version;
  }

  /** The time since the API last said anything about the collection. */
  get ageMs(): number {
    return performance.now() - this.#heardAt;
  }

  /** The JSON text of an object of the collection, if JSON.parse may have rounded a number. */
  textOf(object: KubeObject): string | undefined {
    return this.#texts.get(object);
  }

  /**
   * Takes over an object that the caller has written, as the watch may be late. Of `managedFields`,
   * only the managers are kept.
   */
  put(object: KubeObject): void {
    const { metadata } = object;
    // Which fields each manager has set is often larger than the object itself.
    if (metadata.managedFields !== undefined) {
      metadata.managedFields = metadata.managedFields.map(({ manager }) => ({ manager }));
    }
    const known = this.#objects.get(keyOf(object));
    const text = known === undefined ? undefined : this.#texts.get(known);
    if (known !== undefined && text !== undefined && isSameButStatus(known, object)) {
      this.#texts.set(object, text);
    }
    this.#objects.set(keyOf(object), object);
  }

  /** Writes the status of an object. An event that only brings that status is no change. */
  async writeStatus<T>(key: string, status: unknown, write: () => Promise<T>): Promise<T> {
    this.#statuses.set(key, status);
    try {
      return await write();
    } finally {
      this.#statuses.delete(key);
    }
  }

  /** Takes over that the caller has deleted an object. */
  remove(object: KubeObject): void {
    this.#objects.delete(keyOf(object));
  }

  /** Follows the collection until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { firstDelayMs, lastDelayMs, onTrouble } = this.#options;
    let delayMs = firstDelayMs;
    while (!signal.aborted) {
      try {
        if (this.#version === "") await this.#list();
        await this.#watch(signal, () => (delayMs = firstDelayMs));
        // A server that ends each watch at once must not be asked without a pause.
        if (this.#version !== "") await pause(firstDelayMs, signal);
      } catch (error) {
        if (signal.aborted) return;
        // Any failure may mean that events are missing, 410 above all: only a list is certain.
        this.#version = "";
        if (isUnknownKind(error)) this.#isSynced = false;
        if (!isExpired(error)) {
          onTrouble(error as Error);
          await pause(delayMs, signal);
          // A right that is missing stays so for long, and anyone may name Secrets by the thousand.
          const most = isForbidden(error) ? 6 * lastDelayMs : lastDelayMs;
          delayMs = Math.min(delayMs * 2, most);
        }
      }
    }
  }

  async #list(): Promise<void> {
    const found = new Map<string, KubeObject>();
    let page: Page;
    let next = "";
    do {
      const from = next === "" ? {} : { continue: next };
      const query = { ...this.#selector, limit: String(pageSize), ...from };
      const text = await this.#client.list(this.#options.path, query);
      page = JSON.parse(text) as Page;
      const exact = exactJson<Page>(text);
      for (const [index, item] of page.items.entries()) {
        // The API leaves out in each item what the list says of all.
        const kind = page.kind.replace(/List$/, "");
        const object = { ...item, kind, apiVersion: page.apiVersion };
        found.set(keyOf(object), object);
        if (exact !== undefined) this.#texts.set(object, JSON.stringify(exact.items[index]));
      }
      next = page.metadata.continue ?? "";
      this.#heardAt = performance.now();
    } while (next !== "");
    this.#objects.clear();
    for (const object of found.values()) this.put(object);
    this.#version = page.metadata.resourceVersion;
    this.#isSynced = true;
    this.#lists += 1;
    this.#options.onChange();
  }

  async #watch(signal: AbortSignal, onOpen: () => void): Promise<void> {
    const query = {
      ...this.#selector,
      resourceVersion: this.#version,
      allowWatchBookmarks: "true",
      timeoutSeconds: String(watchSeconds),
    };
    const onEvent = (event: WatchEvent, json: string): void => this.#take(event, json);
    const options = { onOpen, onEvent, signal, silenceMs };
    await this.#client.watch(this.#options.path, query, options);
  }

  #take({ type, object }: WatchEvent, json: string): void {
    if (type === "ERROR") {
      const { code = 0, reason = "", message = "" } = object as Partial<ApiStatus>;
      throw new KubeError(code, reason, message);
    }
    this.#heardAt = performance.now();
    this.#version = object.metadata.resourceVersion ?? "";
    if (type === "BOOKMARK") return;
    const isChange = type === "DELETED" || this.#isChange(object);
    if (type === "DELETED") this.#objects.delete(keyOf(object));
    else this.put(object);
    const exact = exactJson<{ object: unknown }>(json);
    if (exact !== undefined) this.#texts.set(object, JSON.stringify(exact.object));
    if (isChange) this.#options.onChange();
  }

  /** False for what the caller has put, and for a status that it writes or never reads. */
  #isChange(object: KubeObject): boolean {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known?.metadata.resourceVersion === object.metadata.resourceVersion) return false;
    if (known === undefined || !isSameButStatus(known, object)) return true;
    if (this.#options.ignoresStatus) return false;
    const status = this.#statuses.get(key);
    return status === undefined || !isDeepStrictEqual(object["status"], status);
  }
}

/** `namespace/name`. */
export function keyOf({
  metadata: { namespace = "", name },
}: Pick<KubeObject, "metadata">): string {
  return `${namespace}/${name}`;
}

/** Whether a write of the status has made the one of the other. */
function isSameButStatus(a: KubeObject, b: KubeObject): boolean {
  const strip = ({ metadata, ...object }: KubeObject): object => ({
    ...{ ...object, status: undefined },
    metadata: { ...metadata, resourceVersion: undefined, managedFields: undefined },
  });
  try {
    return isDeepStrictEqual(strip(a), strip(b));
  } catch {
    // Nested more deeply than the stack is.
    return false;
  }
}

interface Page {
  kind: string;
  apiVersion: string;
  metadata: { resourceVersion: string; continue?: string };
  items: KubeObject[];
}

interface ApiStatus {
  code: number;
  reason: string;
  message: string;
}

function isExpired(error: unknown): boolean {
  return error instanceof KubeError && error.status === 410;
}

function isUnknownKind(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

function isForbidden(error: unknown): boolean {
  return error instanceof KubeError && error.status === 403;
}

/** Half to one and a half times as long, so that replicas and collections don't call at once. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
}
