// The decoded plugin configuration: made once by decode.ts, read by every stream. Kept between
// calls: the keys that the key server has handed out, and whether a provider's key has gone astray.

import { Bytes, bytesOf, endsWith } from "../bytes/bytes";
import { EditPlan } from "../edit/edit-plan";
import { ApiKey, chooseKey } from "../keys/api-key";
import { Credential } from "../keys/credential";
import { Endpoint } from "./endpoint";
import { addLabel, findLabel, Label, labelOf } from "../labels";
import { HeaderSet } from "./header-set";

/** What applies to the requests of one route to one provider. */
export class Settings {
  /** The header that carries the credential, in lower case. */
  authHeader: Bytes = new ArrayBuffer(0);
  /** The text before the key in that header. */
  authPrefix: string = "";
  /** Null if the provider needs none. */
  credential: Credential | null = null;
  /** The keys that the configuration names: several are used in turn. */
  keys: ApiKey[] = [];
  /** The provider's. */
  setHeaders: SetHeader[] = [];
  /**
   * The keys in these headers, which answers must not show: each also in lower case, and with the
   * one before it.
   */
  secrets: Bytes[] = [];
  private hasSecrets: bool = true;
  /** Why requests get 503, or "" if nothing is wrong. */
  fault: string = "";
  /** Whether nothing is wrong, and all is known that is sent. Of several keys, each is chosen. */
  isUsable: bool = true;
  /** Which of several keys is next. */
  private turn: u32 = 0;
  maxRequestBytes: u64 = U64.MAX_VALUE;
  /** The answer to a request for the list of models; null if the provider answers. */
  modelList: Bytes | null = null;

  constructor(
    /** For chat and legacy completions. */
    public completions: EditPlan,
    /** For responses. */
    public responses: EditPlan,
    /** For messages. */
    public messages: EditPlan,
    /** For the other JSON endpoints, which judges only the model. */
    public others: EditPlan,
  ) {}

  /** Decides which key is sent. To be called when the keys have changed. */
  chooseKey(): void {
    const count = this.keys.length;
    this.credential = count == 1 ? this.keys[0].credential : null;
    this.secrets = [];
    this.hasSecrets = true;
    for (let i = 0; i < this.setHeaders.length; i++) this.noteSecret(this.setHeaders[i].key);
    this.isUsable =
      this.fault.length == 0 && this.hasSecrets && (count == 0 || this.credential !== null);
  }

  private noteSecret(key: ApiKey): void {
    if (key.credential === null) this.hasSecrets = false;
    if (key.reference.length == 0) return;
    this.hide(key.credential);
    this.hide(key.former);
  }

  private hide(credential: Credential | null): void {
    if (credential === null) return;
    this.secrets.push(credential.key);
    this.secrets.push(credential.lowerKey);
  }

  /** Whether one of several keys is known, and all else that is sent. */
  get hasKey(): bool {
    if (!this.hasSecrets) return false;
    for (let i = 0; i < this.keys.length; i++) {
      if (this.keys[i].credential !== null) return this.keys.length > 1;
    }
    return false;
  }

  /** The next of several keys that does not rest, or null. */
  nextKey(): Credential | null {
    const credential = chooseKey(this.keys, this.turn);
    if (credential !== null) this.turn = credential.owner!.position;
    return credential;
  }

  /** Takes the keys that the key server has handed out last. */
  takeKeys(): void {
    for (let i = 0; i < this.keys.length; i++) this.keys[i].take(this.authPrefix);
    for (let i = 0; i < this.setHeaders.length; i++) this.setHeaders[i].key.take("");
    this.chooseKey();
  }
}

/** The paths of a provider's endpoints. */
export class ProviderPath {
  constructor(
    /** The path of chat completions, without its query. */
    public chatCompletions: Bytes,
    /**
     * The part before /chat/completions; null if the path ends in another way, so that the provider
     * has no other endpoints.
     */
    public base: Bytes | null,
    /** The provider's own query, without the question mark. */
    public query: Bytes,
    /**
     * Names of its members, decoded and in lower case. The client's members of the same names are
     * dropped.
     */
    public queryNames: Bytes[],
  ) {}
}

/** What applies to requests by one route, instead of the provider's settings. */
export class RouteSettings {
  constructor(
    /**
     * What the metadata of the route ends with, one of them: the names of its VirtualServices. Null
     * for a route of any origin.
     */
    public sources: Bytes[] | null,
    public settings: Settings,
  ) {}

  /** Whether the metadata from `start` to `end` is that of one of `sources`. */
  isFrom(start: usize, end: usize): bool {
    const sources = this.sources!;
    for (let i = 0; i < sources.length; i++) {
      if (endsWith(unchecked(sources[i]), start, end)) return true;
    }
    return false;
  }
}

/** A request header that is set. */
export class SetHeader {
  constructor(
    /** In lower case. */
    public name: Bytes,
    /** Its value, which is known from the beginning unless it comes from a Secret. */
    public key: ApiKey,
    /** Whether the client's own is kept. */
    public isDefault: bool,
  ) {}
}

export class Provider {
  /** Whether a request with its key has gone to another cluster: it then gets no more requests. */
  isMisrouted: bool = false;
  /** Why requests get 503, or "" if nothing is wrong. */
  fault: string = "";
  /** By the name of the route. */
  routes: Map<string, RouteSettings[]> = new Map<string, RouteSettings[]>();
  label: Label;
  /** The first that matches is used. */
  endpoints: Endpoint[] = [];
  setHeaders: SetHeader[] = [];
  /** The route that leads here; null if there may be several. */
  route: Label | null = null;

  constructor(
    public name: string,
    public path: ProviderPath,
    public settings: Settings,
  ) {
    this.label = labelOf(name);
  }
}

/**
 * A cluster that leads to a provider. Without a provider: a cluster that a route names and no
 * provider serves.
 */
export class Cluster {
  bytes: Bytes;

  constructor(
    public name: string,
    public provider: Provider | null,
  ) {
    this.bytes = bytesOf(name);
  }
}

export class Config {
  /** The accepted values of :authority, in lower case. */
  authorities: Bytes[] = [];
  /** By name. */
  clusters: Map<string, Cluster> = new Map<string, Cluster>();
  /** The sets of endpoints that providers have. */
  endpoints: Endpoint[][] = [];
  /** Size of the largest block that a body edit inserts. */
  longestBlockBytes: usize = 0;
  longestKeyBytes: usize = 0;
  /** Faults of single providers, a line each. */
  faults: string[] = [];
  /**
   * Names of the request headers to remove, in lower case: the fixed ones, every provider's
   * credential header, and those that any provider lists.
   */
  removedHeaders: HeaderSet = new HeaderSet();
  /** How many callers metrics distinguish. */
  maxSources: i32 = 0;
  /** How many models that only clients name metrics distinguish. */
  maxModels: i32 = 0;
  /** The models that the configuration names. */
  models: Label[] = [];
  /** The cluster of the key server; "" if there is none. */
  keyCluster: string = "";
  /** What the key server calls this configuration. */
  revision: string = "";
  /** The settings that name keys of the key server. */
  referring: Settings[] = [];
  /** Takes the keys that the key server has handed out last. */
  takeKeys(): void {
    for (let i = 0; i < this.referring.length; i++) {
      this.referring[i].takeKeys();
      this.measureKeys(this.referring[i]);
    }
  }

  /** Notes how long the keys of `settings` are. */
  measureKeys(settings: Settings): void {
    for (let i = 0; i < settings.keys.length; i++) {
      const credential = settings.keys[i].credential;
      if (credential !== null) this.measureKey(credential.key);
    }
    for (let i = 0; i < settings.secrets.length; i++) this.measureKey(settings.secrets[i]);
  }

  private measureKey(key: Bytes): void {
    this.longestKeyBytes = max(this.longestKeyBytes, <usize>key.byteLength);
  }

  /** Adds a model that the configuration names. */
  nameModel(name: Bytes): void {
    if (findLabel(this.models, name) === null) addLabel(this.models, name);
  }
}
