// The key connection of one replica, as the controller sees it: gateways get keys by it, and
// acknowledge configurations. Kept while it runs: the identity, the store, the polls and the server.
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../kube/client.ts";
import { type Caller, spiffeIdOf } from "./caller.ts";
import { forwardTo } from "./forward.ts";
import { KeyStore, type Remark } from "./key-store.ts";
import { type Identity, MeshIdentity } from "./mesh-identity.ts";
import type { Plugin } from "./plugin.ts";
import { Polls } from "./polls.ts";
import { KeyServer, type Refusal } from "./server.ts";

export interface KeyServiceOptions {
  host: string;
  port: number;
  trustDomain: string;
  /** The controller's ServiceAccount. */
  own: Caller;
  istiod: string;
  rootFile: string;
  tokenFile: string;
  certificateSeconds?: number;
  /** How long `isReady` waits for the first certificate. */
  certificateMs?: number;
  /** `HOST:PORT` of the replica that leads, if it is another one. */
  leader: () => string | undefined;
  /** A pass of the controller may find something new. */
  onNews: () => void;
  onRefusal: (reason: Refusal) => void;
  log: Record<"debug" | "info" | "warn", (message: string, fields?: object) => void>;
}

/** Gateways whose configuration is not known to be in effect. */
export interface Lagging {
  /** `NAMESPACE/NAME` of pods that have another configuration. */
  behind: string[];
  /** Of pods that do not poll. */
  silent: string[];
}

// Polls that waited at another replica have come to the leader by then.
const settleMs = 5_000;
const flushMs = 50;

export class KeyService {
  readonly #options: KeyServiceOptions & { certificateMs: number };
  readonly #store: KeyStore;
  readonly #polls = new Polls();
  readonly #identity: MeshIdentity;
  readonly #server: KeyServer;
  #current: Identity | undefined;
  #leaderChange = new AbortController();
  #leadsSince = Infinity;
  readonly #begunAt = performance.now();
  #isServing = false;
  /** The addresses of pods that `laggingAt` has named. */
  readonly #missed = new Set<string>();

  constructor(client: KubeClient, options: KeyServiceOptions) {
    const { log, own, trustDomain, onNews } = options;
    this.#options = { certificateMs: 10_000, ...options };
    this.#store = new KeyStore(client, {
      onChange: () => this.#server.notify(),
      onRemarks: onNews,
      log: (message, fields) => log.warn(message, fields),
    });
    const spiffeId = spiffeIdOf(own, trustDomain);
    this.#server = new KeyServer({
      ...{ ...options, store: this.#store, polls: this.#polls },
      onPoll: ({ address }) => {
        if (this.#missed.delete(address)) onNews();
      },
      onRefusal: (reason, fields) => {
        log.warn("a caller gets no keys", { reason, ...fields });
        options.onRefusal(reason);
      },
      onKeys: (fields) => log.debug("a gateway gets keys", fields),
      forward: forwardTo({
        ...{ leader: options.leader, spiffeId },
        identity: () => this.#current,
        signal: () => this.#leaderChange.signal,
      }),
    });
    const { istiod, rootFile, tokenFile, certificateSeconds: ttlSeconds } = options;
    this.#identity = new MeshIdentity({
      ...{ istiod, rootFile, tokenFile, spiffeId },
      ...(ttlSeconds === undefined ? {} : { ttlSeconds }),
      onChange: (identity) => this.#use(identity),
      onTrouble: ({ message }) => log.warn("there is no new mesh certificate", { error: message }),
    });
  }

  /** Serves until the signal. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    await this.#identity.run(signal);
    // Gateways ask another replica.
    this.#server.release();
    await sleep(flushMs);
    this.#server.close();
    this.#store.close();
  }

  /** The plugins that are in effect. */
  follow(plugins: readonly Plugin[]): void {
    this.#store.follow(plugins);
  }

  /**
   * Whether the Secrets have been read, as far as they can be, and are handed out. Without a mesh
   * certificate, the replica is ready after a while all the same: gateways get the module from it.
   */
  get isReady(): boolean {
    const isLate = performance.now() - this.#begunAt > this.#options.certificateMs;
    return this.#store.isKnown && (this.#isServing || isLate);
  }

  /** When the mesh certificate expires, in milliseconds since 1970. 0 if there is none. */
  get expiresAt(): number {
    return this.#identity.expiresAt;
  }

  /** When it is to be renewed. 0 if there is none. */
  get renewsAt(): number {
    return this.#identity.renewsAt;
  }

  /** The number of polls that wait here. */
  countPolls(): number {
    return this.#polls.count();
  }

  /** This replica leads from now on. */
  lead(): void {
    this.#leadsSince = performance.now();
    setTimeout(this.#options.onNews, settleMs + 1).unref();
    this.changeLeader();
  }

  /** Another replica leads, or none. */
  changeLeader(): void {
    this.#leaderChange.abort();
    this.#leaderChange = new AbortController();
    this.#server.release();
  }

  /** What is wrong with a key. */
  remarkOn(namespace: string, reference: string): Remark | undefined {
    return this.#store.remarkOn(namespace, reference);
  }

  /**
   * The pods that do not use a plugin's configuration. Undefined if that can't be known. When one of
   * them polls, `onNews` is called.
   */
  laggingAt(plugin: Plugin): Lagging | undefined {
    const pods = this.#store.podsOf(plugin);
    const isSettled = performance.now() - this.#leadsSince > settleMs;
    if (pods === undefined || (pods.length > 0 && !isSettled)) return undefined;
    const without = pods.filter(({ ip }) => !this.#polls.hasAll(ip, plugin.revision));
    for (const { ip } of without) this.#missed.add(ip);
    const isBehind = without.map((pod) => this.#polls.isKnown(pod.ip));
    const names = (known: boolean): string[] =>
      without.flatMap(({ namespace, name }, index) =>
        isBehind[index] === known ? [`${namespace}/${name}`] : [],
      );
    return { behind: names(true), silent: names(false) };
  }

  #use(identity: Identity): void {
    const { log, host, port } = this.#options;
    this.#current = identity;
    const { expiresAt } = this.#identity;
    log.info("there is a mesh certificate", { expires: new Date(expiresAt).toISOString() });
    this.#server.use(identity).then(
      () => (this.#isServing = true),
      (error: Error) =>
        log.warn("the key server can't listen", { host, port, error: error.message }),
    );
  }
}
