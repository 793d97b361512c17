// The decoded plugin configuration: made once by decode.ts, read by every stream. Kept between
// calls: whether a provider's key has gone astray. Kept between calls: whether a provider's key has
// gone astray.

import { Bytes, bytesOf, endsWith } from "../bytes/bytes";
import { EditPlan } from "../edit/edit-plan";
import { Credential } from "../keys/credential";
import { Endpoint } from "./endpoint";
import { addLabel, findLabel, Label, labelOf } from "../labels";
import { HeaderSet } from "./header-set";

/** What applies to the requests of one route to one provider. */
export class Settings {
  /** The header that carries the credential, in lower case. */
  authHeader: Bytes = new ArrayBuffer(0);
  /** Null if the provider needs none. */
  credential: Credential | null = null;
  /** Why requests get 503, or "" if nothing is wrong. */
  fault: string = "";
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
    public value: Bytes,
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

  /** Adds a model that the configuration names. */
  nameModel(name: Bytes): void {
    if (findLabel(this.models, name) === null) addLabel(this.models, name);
  }
}
