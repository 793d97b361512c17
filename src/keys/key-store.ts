// Which keys each caller may have. Comes in: the plugins that are in effect; goes out: keys with
// their version, and what is wrong with a key. Kept between calls: the Secrets that plugins name, the
// pods that they select, and the versions that each caller's keys have had.
import { createHash } from "node:crypto";
import { MAX_KEYS_BYTES } from "../../contract/limits.ts";
import type { KubeClient } from "../kube/client.ts";
import type { Caller } from "./caller.ts";
import { FollowedSecret } from "./followed-secret.ts";
import { readKeyText } from "./key-text.ts";
import { parseReference, type Plugin, type Pod, selects } from "./plugin.ts";
import { PodWatch } from "./pod-watch.ts";

/** The keys of a caller. Only `keys` may not be logged. */
export interface Keys {
  /**
   * `AS_OF.DIGEST`, by the Secrets' resourceVersions: alike on all replicas that know the same. It
   * tells nothing about the keys.
   */
  version: string;
  /** By `NAME/KEY`. */
  keys: Record<string, string>;
}

/** What is known of the keys of a caller. `unknown`: not enough has been read. */
export type Grant = "refused" | "unknown" | Keys;

export interface KeyStoreOptions {
  /** Grants may have changed. */
  onChange: () => void;
  /** What `remarkOn` says may have changed. */
  onRemarks: () => void;
  log: (message: string, fields: object) => void;
}

/** What is wrong with a reference: nothing is handed out for it, or it only looks wrong. */
export interface Remark {
  kind: "unknown" | "missing" | "invalid" | "suspicious";
  message: string;
}

const mostVersions = 64;

export class KeyStore {
  readonly #client: KubeClient;
  readonly #options: KeyStoreOptions;
  readonly #pods: PodWatch;
  /** By `NAMESPACE/NAME`. */
  readonly #secrets = new Map<string, FollowedSecret>();
  #plugins: readonly Plugin[] = [];
  #hasBegun = false;
  #isClosed = false;
  /** By caller, until something changes. */
  readonly #grants = new Map<string, Grant>();
  /** The latest versions that a caller's keys have had here, the oldest first. */
  readonly #versions = new Map<string, Set<string>>();
  /** By caller, references that no answer has room for. */
  readonly #leftOut = new Map<string, Set<string>>();

  constructor(client: KubeClient, options: KeyStoreOptions) {
    this.#client = client;
    this.#options = options;
    const onTrouble = (path: string, error: Error): void =>
      options.log("a watch failed", { path, error: error.message });
    this.#pods = new PodWatch(client, { onChange: () => this.#change(), onTrouble });
  }

  /** The plugins that are in effect: their Secrets and pods are followed, and no others. */
  follow(plugins: readonly Plugin[]): void {
    this.#hasBegun = true;
    if (this.#isClosed || isSameList(plugins, this.#plugins)) return;
    this.#plugins = plugins;
    this.#pods.follow(plugins);
    const wanted = new Map<string, { namespace: string; name: string }>(
      plugins.flatMap(({ namespace, references }) =>
        references.map((reference) => {
          const name = parseReference(reference).secret;
          return [`${namespace}/${name}`, { namespace, name }] as const;
        }),
      ),
    );
    for (const [id, secret] of this.#secrets) {
      if (wanted.has(id)) continue;
      secret.stop();
      this.#secrets.delete(id);
    }
    for (const [id, { namespace, name }] of wanted) {
      if (!this.#secrets.has(id)) this.#secrets.set(id, this.#start(namespace, name));
    }
    this.#change();
  }

  /** Lets go of all. A pass of the controller that is under way may still call `follow`. */
  close(): void {
    this.follow([]);
    this.#isClosed = true;
  }

  /** Whether every Secret and the pods have been read, or can't be. */
  get isKnown(): boolean {
    return (
      this.#hasBegun &&
      this.#pods.isKnown &&
      [...this.#secrets.values()].every(({ isKnown }) => isKnown)
    );
  }

  /** The ready pods that run the filter. Undefined if that can't be known. */
  podsOf(plugin: Plugin): Pod[] | undefined {
    return this.#pods.of(plugin);
  }

  /** What the caller may have. */
  grantFor(caller: Caller): Grant {
    const id = callerId(caller);
    const grant = this.#grants.get(id) ?? this.#judge(caller);
    this.#grants.set(id, grant);
    if (typeof grant !== "string") this.#remember(id, grant.version);
    return grant;
  }

  /**
   * Whether the caller's keys here are newer than those of a version that it has: what another
   * replica has handed out may not be known here yet.
   */
  isNewer(caller: Caller, held: string): boolean {
    if (this.#versions.get(callerId(caller))?.has(held) === true) return true;
    const asOf = asOfIn(held);
    return this.#secretsOf(caller).every((secret) => secret.asOf >= asOf);
  }

  /** Reads whatever is older than a version. Rejects if that is not possible. */
  async confirm(caller: Caller, held: string): Promise<void> {
    await Promise.all(this.#secretsOf(caller).map((secret) => secret.confirm(asOfIn(held))));
  }

  /** What is wrong with a key. Undefined if nothing is. No message has a part of the key. */
  remarkOn(namespace: string, reference: string): Remark | undefined {
    const { secret: name, entry } = parseReference(reference);
    const secret = this.#secrets.get(`${namespace}/${name}`);
    const title = `Secret ${namespace}/${name}`;
    if (secret === undefined || !secret.isKnown) {
      return { kind: "unknown", message: `${title} is being read` };
    }
    if (secret.trouble !== undefined) {
      return { kind: "missing", message: `${title} can't be read: ${secret.trouble}` };
    }
    if (secret.object === undefined) return { kind: "missing", message: `${title} is missing` };
    const encoded = dataOf(secret)[entry];
    if (encoded === undefined) return { kind: "missing", message: `${title} has no key ${entry}` };
    const { key, remark } = readKeyText(encoded);
    if (key !== undefined && this.#isLeftOut(namespace, reference)) {
      const message = `${title}: ${entry} is left out, as the keys of a gateway exceed ${MAX_KEYS_BYTES} bytes`;
      return { kind: "invalid", message };
    }
    if (remark === "") return undefined;
    const kind = key === undefined ? "invalid" : "suspicious";
    return { kind, message: `${title}: ${entry} ${remark}` };
  }

  #start(namespace: string, name: string): FollowedSecret {
    return new FollowedSecret(this.#client, {
      ...{ namespace, name },
      onChange: () => {
        this.#change();
        this.#options.onRemarks();
      },
      onTrouble: ({ message }) =>
        this.#options.log("a Secret can't be read", { namespace, name, error: message }),
    });
  }

  #change(): void {
    this.#grants.clear();
    // So that `isNewer` knows each state that this replica has gone through.
    for (const id of this.#versions.keys()) this.grantFor(callerOfId(id));
    this.#options.onChange();
  }

  #remember(id: string, version: string): void {
    const versions = this.#versions.get(id) ?? new Set();
    this.#versions.set(id, versions);
    versions.delete(version);
    versions.add(version);
    if (versions.size > mostVersions)
      for (const oldest of versions) return void versions.delete(oldest);
  }

  #judge(caller: Caller): Grant {
    const plugins = this.#pluginsOf(caller);
    if (plugins.length === 0) return this.#mayYetBeGranted(caller) ? "unknown" : "refused";
    const secrets = this.#secretsOf(caller);
    if (!secrets.every(({ isKnown }) => isKnown)) return "unknown";
    const references = [...new Set(plugins.flatMap(({ references }) => references))].sort();
    const keys: Record<string, string> = {};
    const leftOut = new Set<string>();
    let bytes = 128;
    const digest = createHash("sha256");
    for (const reference of references) {
      const { secret: name, entry } = parseReference(reference);
      const secret = this.#secrets.get(`${caller.namespace}/${name}`);
      const { uid = "", resourceVersion = "" } = secret?.object?.metadata ?? {};
      digest.update(`${reference} ${uid} ${resourceVersion}\n`);
      const encoded = secret === undefined ? undefined : dataOf(secret)[entry];
      const key = encoded === undefined ? undefined : readKeyText(encoded).key;
      if (key === undefined) continue;
      const more = JSON.stringify({ [reference]: key }).length;
      if (bytes + more > MAX_KEYS_BYTES) leftOut.add(reference);
      else [keys[reference], bytes] = [key, bytes + more];
    }
    this.#noteLeftOut(caller, leftOut);
    const asOf = Math.max(0, ...secrets.map(({ changedAt }) => changedAt));
    return { version: `${asOf}.${digest.digest("hex").slice(0, 32)}`, keys };
  }

  #noteLeftOut(caller: Caller, leftOut: Set<string>): void {
    const id = callerId(caller);
    const before = this.#leftOut.get(id)?.size ?? 0;
    this.#leftOut.set(id, leftOut);
    if (leftOut.size === before) return;
    this.#options.log("keys are left out", { caller, references: [...leftOut] });
    this.#options.onRemarks();
  }

  #isLeftOut(namespace: string, reference: string): boolean {
    return [...this.#leftOut].some(
      ([id, references]) => id.startsWith(`${namespace}/`) && references.has(reference),
    );
  }

  #pluginsOf({ namespace, serviceAccount }: Caller): Plugin[] {
    return this.#plugins.filter(
      (plugin) =>
        plugin.namespace === namespace &&
        this.#pods.all(plugin).some((pod) => {
          return pod.serviceAccount === serviceAccount && selects(plugin, pod);
        }),
    );
  }

  /** Whether pods of the caller's namespace have not been read yet. */
  #mayYetBeGranted({ namespace }: Caller): boolean {
    const plugins = this.#plugins.filter((plugin) => plugin.namespace === namespace);
    return plugins.some((plugin) => !this.#pods.isKnownFor(plugin));
  }

  #secretsOf(caller: Caller): FollowedSecret[] {
    const references = this.#pluginsOf(caller).flatMap(({ references }) => references);
    const names = new Set(references.map((reference) => parseReference(reference).secret));
    return [...names].flatMap((name) => this.#secrets.get(`${caller.namespace}/${name}`) ?? []);
  }
}

/** Whether two versions are of the same keys. */
export function isSameVersion(a: string, b: string): boolean {
  return a.slice(a.indexOf(".")) === b.slice(b.indexOf("."));
}

/** Whether a text has the form of a version. */
export function isVersion(text: string): boolean {
  return /^\d{1,15}\.[0-9a-f]{32}$/.test(text);
}

function asOfIn(version: string): number {
  return Number(version.slice(0, version.indexOf(".")));
}

function dataOf(secret: FollowedSecret): Record<string, string> {
  return (secret.object?.["data"] ?? {}) as Record<string, string>;
}

function callerId({ namespace, serviceAccount }: Caller): string {
  return `${namespace}/${serviceAccount}`;
}

function callerOfId(id: string): Caller {
  const [namespace = "", serviceAccount = ""] = id.split("/");
  return { namespace, serviceAccount };
}

function isSameList(a: readonly Plugin[], b: readonly Plugin[]): boolean {
  return a.length === b.length && a.every((each, index) => each === b[index]);
}
