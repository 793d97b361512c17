// Leader election by a Lease, as other controllers do it. Comes in: the Lease as the API has it; goes
// out: whether this replica leads. Kept between calls: which version of the Lease was seen last, and
// when by this clock.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type KubeClient, KubeError, type KubeObject } from "./client.ts";

export interface ElectionOptions {
  namespace: string;
  name: string;
  /** Of this replica: its pod's name. */
  identity?: string;
  /** Where other replicas reach this one while it leads. Empty: nowhere. */
  address?: string;
  /** This replica leads from now on. Called at most once. */
  onElected: () => void;
  /** `leaderAddress` has changed. */
  onLeader?: () => void;
  onTrouble: (error: Error) => void;
  /** After this time without a renewal, another replica takes the Lease. */
  durationMs?: number;
  renewMs?: number;
  /** How often a replica that does not lead looks whether the Lease is free. */
  retryMs?: number;
}

interface LeaseSpec {
  holderIdentity?: string;
  leaseDurationSeconds?: number;
  acquireTime?: string;
  renewTime?: string;
  leaseTransitions?: number;
}

const addressAnnotation = "leader-address";

export class Election {
  readonly #client: KubeClient;
  readonly #options: Required<ElectionOptions>;
  readonly #path: string;
  #seenVersion = "";
  #seenAt = 0;
  #renewedAt = -Infinity;
  #wasElected = false;
  #leaderAddress: string | undefined;

  constructor(client: KubeClient, options: ElectionOptions) {
    const times = { durationMs: 15_000, renewMs: 2_000, retryMs: 500 };
    this.#client = client;
    this.#options = { identity: hostname(), address: "", onLeader: () => {}, ...times, ...options };
    this.#path = `/apis/coordination.k8s.io/v1/namespaces/${options.namespace}/leases`;
  }

  /** Whether this replica has the Lease, with time left for a write that begins now. */
  get isLeader(): boolean {
    return performance.now() - this.#renewedAt < this.#options.durationMs * (2 / 3);
  }

  /**
   * Where another replica that leads is reached, as of the last look. Undefined if this one leads, or
   * that is not known.
   */
  get leaderAddress(): string | undefined {
    return this.isLeader ? undefined : this.#leaderAddress;
  }

  /**
   * Takes part until the signal, and then gives the Lease back. Resolves with "lost" if this replica
   * has led and could not renew the Lease in time: it must not write any more, and should exit.
   */
  async run(signal: AbortSignal): Promise<"stopped" | "lost"> {
    const { renewMs, retryMs, onElected, onTrouble } = this.#options;
    while (!signal.aborted) {
      const begun = performance.now();
      try {
        if (await this.#acquire()) this.#renewedAt = begun;
      } catch (error) {
        onTrouble(error as Error);
      }
      if (this.#wasElected && !this.isLeader) return "lost";
      if (!this.#wasElected && this.isLeader) {
        this.#wasElected = true;
        onElected();
      }
      const ms = this.#wasElected ? renewMs : retryMs;
      await sleep(ms * (0.9 + Math.random() / 5), undefined, { signal }).catch(() => {});
    }
    return "stopped";
  }

  /** Gives the Lease back, so that another replica need not wait. Call it after the last write. */
  async release(): Promise<void> {
    if (!this.isLeader) return;
    this.#renewedAt = -Infinity;
    const found = await this.#read();
    const spec = found?.["spec"] as LeaseSpec | undefined;
    if (found === undefined || spec?.holderIdentity !== this.#options.identity) return;
    await this.#replace(found, { ...spec, holderIdentity: "", leaseDurationSeconds: 1 });
  }

  async #acquire(): Promise<boolean> {
    const { identity, address, durationMs, name, namespace } = this.#options;
    const annotated = (before = {}) => ({ ...before, [addressAnnotation]: address });
    const now = new Date().toISOString().replace("Z", "000Z");
    const held = {
      holderIdentity: identity,
      leaseDurationSeconds: Math.ceil(durationMs / 1000),
      renewTime: now,
    };
    const found = await this.#read();
    if (found === undefined) {
      const metadata = { name, namespace, annotations: annotated() };
      const spec = { ...held, acquireTime: now, leaseTransitions: 0 };
      const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec };
      return this.#write(this.#client.call({ method: "POST", path: this.#path, body }));
    }
    const old = (found["spec"] ?? {}) as LeaseSpec;
    const annotations = annotated(found.metadata.annotations);
    const own = { ...found, metadata: { ...found.metadata, annotations } };
    if (old.holderIdentity === identity) return this.#replace(own, { ...old, ...held });
    this.#seeLeader(found);
    // Another replica has it, and this one has lost it if it had it.
    if (this.#wasElected) this.#renewedAt = -Infinity;
    if (this.#wasElected || !this.#hasExpired(found)) return false;
    const leaseTransitions = (old.leaseTransitions ?? 0) + 1;
    return this.#replace(own, { ...held, acquireTime: now, leaseTransitions });
  }

  #seeLeader({ metadata, spec }: KubeObject): void {
    const { holderIdentity = "" } = (spec ?? {}) as LeaseSpec;
    const address = metadata.annotations?.[addressAnnotation] ?? "";
    const known = holderIdentity === "" || address === "" ? undefined : address;
    if (known === this.#leaderAddress) return;
    this.#leaderAddress = known;
    this.#options.onLeader();
  }

  /** By this clock alone, as those of other machines may differ. */
  #hasExpired(lease: KubeObject): boolean {
    const { holderIdentity = "", leaseDurationSeconds = 0 } = (lease["spec"] ?? {}) as LeaseSpec;
    if (holderIdentity === "") return true;
    const version = lease.metadata.resourceVersion ?? "";
    if (version !== this.#seenVersion) {
      this.#seenVersion = version;
      this.#seenAt = performance.now();
    }
    return performance.now() - this.#seenAt > leaseDurationSeconds * 1000;
  }

  #read(): Promise<KubeObject | undefined> {
    return this.#client
      .call({ path: `${this.#path}/${this.#options.name}` })
      .catch((error: unknown) => {
        if (error instanceof KubeError && error.status === 404) return undefined;
        throw error;
      });
  }

  /** Of two replicas that write over the same version, the API refuses one. */
  #replace(lease: KubeObject, spec: LeaseSpec): Promise<boolean> {
    const path = `${this.#path}/${this.#options.name}`;
    return this.#write(this.#client.call({ method: "PUT", path, body: { ...lease, spec } }));
  }

  async #write(written: Promise<unknown>): Promise<boolean> {
    try {
      await written;
      return true;
    } catch (error) {
      if (error instanceof KubeError && error.status === 409) return false;
      throw error;
    }
  }
}
