// One Secret, followed by its name, so that the rights need not cover others. What is known of it
// never goes back to an older state. Kept between calls: the newest state, and as of which
// resourceVersion it is known.
import { type KubeClient, KubeError, type KubeObject } from "../kube/client.ts";
import { Collection } from "../kube/collection.ts";

export interface FollowedSecretOptions {
  namespace: string;
  name: string;
  /** What is known has changed. */
  onChange: () => void;
  onTrouble: (error: Error) => void;
}

export class FollowedSecret {
  readonly #client: KubeClient;
  readonly #options: FollowedSecretOptions;
  readonly #collection: Collection;
  readonly #stop = new AbortController();
  #object: KubeObject | undefined;
  /** -1 while nothing is known. */
  #asOf = -1;
  #trouble: string | undefined;

  constructor(client: KubeClient, options: FollowedSecretOptions) {
    const { namespace, name, onTrouble } = options;
    this.#client = client;
    this.#options = options;
    this.#collection = new Collection(client, {
      path: `/api/v1/namespaces/${namespace}/secrets`,
      fieldSelector: `metadata.name=${name}`,
      onChange: () => {
        const { objects, version } = this.#collection;
        this.#take(objects.get(`${namespace}/${name}`), Number(version));
      },
      onTrouble: (error) => {
        const before = this.#trouble;
        this.#note(error);
        // Said once, however often the Secret is tried again.
        if (before === undefined || before !== this.#trouble) onTrouble(error);
      },
    });
    void this.#collection.run(this.#stop.signal);
  }

  /** The Secret. Undefined if there is none, or it can't be read. */
  get object(): KubeObject | undefined {
    return this.#object;
  }

  /** Why the Secret can't be read. Undefined if it can, and while that is not known. */
  get trouble(): string | undefined {
    return this.#trouble;
  }

  /** Whether the Secret, its absence, or that it can't be read is known. */
  get isKnown(): boolean {
    return this.#asOf >= 0 || this.#trouble !== undefined;
  }

  /** The resourceVersion up to which all changes of the Secret are known. */
  get asOf(): number {
    return Math.max(this.#asOf, Number(this.#collection.version));
  }

  /** The resourceVersion of the change that has brought about the state. */
  get changedAt(): number {
    return this.#object === undefined ? Math.max(this.#asOf, 0) : versionOf(this.#object);
  }

  /**
   * Reads the Secret, if it is not known as of `version`. Rejects if that fails, unless the Secret
   * could never be read.
   */
  async confirm(version: number): Promise<void> {
    if (this.asOf >= version) return;
    const { namespace, name } = this.#options;
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}`;
    try {
      // The API responds with a state that is not older.
      const query = { resourceVersion: String(version) };
      const object = await this.#client.call({ path, query });
      this.#take(object, Math.max(version, versionOf(object)));
    } catch (error) {
      if (!(error instanceof KubeError)) throw error;
      if (error.status === 404) return this.#take(undefined, version);
      this.#note(error);
      if (this.#trouble === undefined) throw error;
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #take(object: KubeObject | undefined, asOf: number): void {
    if (asOf < this.#asOf) return;
    const isSame = this.isKnown && this.#trouble === undefined && isSameState(object, this.#object);
    this.#asOf = asOf;
    this.#object = object;
    this.#trouble = undefined;
    if (!isSame) this.#options.onChange();
  }

  #note(error: Error): void {
    // Without a response, nothing is known about the Secret.
    if (!(error instanceof KubeError)) return;
    const isForbidden = error.status === 403;
    // Another failure may pass: until then, what was read before is used.
    if (!isForbidden && this.#asOf >= 0) return;
    const trouble = isForbidden ? "the controller has no right to read it" : error.message;
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    this.#object = undefined;
    this.#options.onChange();
  }
}

/** The resourceVersion, which counts the changes of the whole cluster. */
function versionOf({ metadata }: KubeObject): number {
  return Number(metadata.resourceVersion ?? 0);
}

function isSameState(a: KubeObject | undefined, b: KubeObject | undefined): boolean {
  return (
    a?.metadata.uid === b?.metadata.uid &&
    a?.metadata.resourceVersion === b?.metadata.resourceVersion
  );
}
