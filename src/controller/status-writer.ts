// Writes statuses that have changed, and an event for each transition. Kept between calls: what the API
// has not stored as it was sent, so that it is not sent again and again.
import { type KubeClient, KubeError, type KubeObject } from "../kube/client.ts";
import { type Collection, keyOf } from "../kube/collection.ts";
import { mostNoteBytes, reportEvent, type Reporter } from "../kube/events.ts";
import { cutToBytes } from "../printable.ts";
import { idOf } from "./desired.ts";
import type { Log } from "./log.ts";
import { isNews, noteOf, type Outcome, type Status, statusOf } from "./status.ts";
import { fieldManager } from "./writer.ts";

export interface StatusOptions {
  /** By kind. */
  collections: Record<string, Collection>;
  reporter: Reporter;
  log: Log;
  mayWrite: () => boolean;
  onWrite: (kind: string) => void;
  /** Whether there is more urgent work: the rest is left to the next call then. */
  isUrgent: () => boolean;
  /** For tests: how long a status that the API has stored in part is not written again. */
  prunedMs?: number;
}

interface Pruned {
  /** Without times. */
  text: string;
  retryAt: number;
}

const plurals: Record<string, string> = { LLMProvider: "llmproviders", LLMRoute: "llmroutes" };
const parallelWrites = 8;
// Something is written each time, so that steady changes don't keep statuses from being written.
const leastMs = 500;

export class StatusWriter {
  readonly #client: KubeClient;
  readonly #options: Required<StatusOptions>;
  /** By resource. */
  readonly #pruned = new Map<string, Pruned>();

  constructor(client: KubeClient, options: StatusOptions) {
    this.#client = client;
    this.#options = { prunedMs: 300_000, ...options };
  }

  /** Writes what is news. Gives whether a write has failed, and so has to be repeated. */
  async write(
    objects: readonly KubeObject[],
    outcomeOf: (object: KubeObject) => Outcome,
    onStatus: (object: KubeObject, status: Status) => void,
  ): Promise<boolean> {
    const { mayWrite, isUrgent } = this.#options;
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const news: { object: KubeObject; status: Status }[] = [];
    for (const object of objects) {
      const status = statusOf(object, outcomeOf(object), now);
      onStatus(object, status);
      if (isNews(object, status) && this.#mayBeStored(object, status)) {
        news.push({ object, status });
      }
    }
    let hasFailed = false;
    const begun = performance.now();
    const work = async (): Promise<void> => {
      for (let next = news.shift(); next !== undefined; next = news.shift()) {
        if (isUrgent() && performance.now() - begun > leastMs) return;
        if (mayWrite() && !(await this.#writeOne(next.object, next.status))) hasFailed = true;
      }
    };
    await Promise.all(Array.from({ length: parallelWrites }, work));
    return hasFailed;
  }

  async #writeOne(object: KubeObject, status: Status): Promise<boolean> {
    const { collections, log, onWrite } = this.#options;
    const { apiVersion, kind, metadata } = object;
    const { namespace = "", name } = metadata;
    const path = `/apis/${apiVersion}/namespaces/${namespace}/${plurals[kind]}/${name}/status`;
    const collection = collections[kind];
    const write = (): Promise<KubeObject> =>
      this.#client.call({
        method: "PATCH",
        path,
        query: { fieldManager },
        body: { status },
        contentType: "application/merge-patch+json",
      });
    try {
      const stored = await (collection?.writeStatus(keyOf(object), status, write) ?? write());
      onWrite(kind);
      this.#note(stored, status);
      // Not for one that was deleted or changed meanwhile: the watch has that.
      if (collection?.objects.get(keyOf(object)) === object) collection.put(stored);
    } catch (error) {
      // Gone.
      if (error instanceof KubeError && error.status === 404) return true;
      log.warn("a status can't be written", { path, error: (error as Error).message });
      return false;
    }
    this.#tell(object, status);
    return true;
  }

  /** A CRD of another version drops fields that it does not have. */
  #note(stored: KubeObject, status: Status): void {
    const id = idOf(stored);
    if (!isNews(stored, status)) return void this.#pruned.delete(id);
    if (!this.#pruned.has(id)) {
      const message = "the CRD drops a part of the status: apply the CRDs of this version";
      this.#options.log.warn(message, { resource: id });
    }
    const retryAt = performance.now() + this.#options.prunedMs;
    this.#pruned.set(id, { text: withoutTimes(status), retryAt });
  }

  #mayBeStored(object: KubeObject, status: Status): boolean {
    const pruned = this.#pruned.get(idOf(object));
    if (pruned === undefined || pruned.text !== withoutTimes(status)) return true;
    return pruned.retryAt <= performance.now();
  }

  #tell(object: KubeObject, status: Status): void {
    const { reporter, log } = this.#options;
    const before = (object["status"] as Partial<Status> | undefined)?.status;
    // That gateways load a configuration is no news for people.
    if (before === status.status || status.status === "Pending") return;
    const type = status.status === "Ready" ? "Normal" : "Warning";
    const note = cutToBytes(noteOf(status), mostNoteBytes);
    const happening = { type, reason: status.status, note } as const;
    const { kind, metadata } = object;
    log.info(`${kind} ${metadata.namespace}/${metadata.name}: ${status.status}`, {
      note,
    });
    reportEvent(this.#client, object, happening, reporter).catch((error: Error) => {
      log.debug("an event can't be written", { error: error.message });
    });
  }
}

function withoutTimes(status: Status): string {
  const conditions = status.conditions.map((each) => ({ ...each, lastTransitionTime: undefined }));
  return JSON.stringify({ ...status, conditions });
}
