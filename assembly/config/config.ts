// The decoded plugin configuration: made once by decode.ts, read by every stream.

import { Bytes, bytesOf, equals } from "../bytes/bytes";
import { EditPlan } from "../edit/edit-plan";
import { Credential } from "../keys/credential";
import { Label, labelOf, OTHER_LABEL, UNKNOWN_LABEL } from "../labels";
import { HeaderSet } from "./header-set";

/** What applies to the requests of one route to one provider. */
export class Settings {
  /** The header that carries the credential, in lower case. */
  authHeader: Bytes = new ArrayBuffer(0);
  /** Null where the provider needs none. */
  credential: Credential | null = null;
  /** Why requests get 503, or "" where nothing is wrong. */
  fault: string = "";
  maxRequestBytes: u64 = U64.MAX_VALUE;

  constructor(
    /** For chat and legacy completions. */
    public completions: EditPlan,
    /** For the other JSON endpoints: only the model is judged. */
    public others: EditPlan,
  ) {}
}

/** Where a provider's endpoints are. */
export class ProviderPath {
  constructor(
    /** The path of chat completions, without its query. */
    public chatCompletions: Bytes,
    /** What stands before /chat/completions in it; null where it ends otherwise, so that no other endpoint can be placed. */
    public base: Bytes | null,
    /** The provider's own query, without the question mark. */
    public query: Bytes,
    /** Names of its members, decoded, in lower case: the client's of the same names are dropped. */
    public queryNames: Bytes[],
  ) {}
}

export class Provider {
  /** Whether a request that carried its key went to another cluster: it gets no further ones. */
  isMisrouted: bool = false;
  /** Why requests get 503, or "" where nothing is wrong. */
  fault: string = "";
  routes: Map<string, Settings> = new Map<string, Settings>();
  label: Label;
  /** The route that leads here; null where there may be several. */
  route: Label | null = null;

  constructor(
    public name: string,
    public path: ProviderPath,
    public settings: Settings,
  ) {
    this.label = labelOf(name);
  }

  /** The settings of one route, or the provider's default. */
  settingsFor(route: string): Settings {
    if (this.routes.size == 0 || !this.routes.has(route)) return this.settings;
    return this.routes.get(route);
  }
}

/** A cluster that leads to a provider; without one, a cluster that a route names and no provider serves. */
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
  /** What :authority may be, in lower case. */
  authorities: Bytes[] = [];
  /** By name. */
  clusters: Map<string, Cluster> = new Map<string, Cluster>();
  /** Size of the largest block that a body edit inserts. */
  longestBlockBytes: usize = 0;
  /** What is wrong with single providers, a line each. */
  faults: string[] = [];
  /** Names of the request headers to remove, in lower case: the fixed ones and every provider's credential header. */
  removedHeaders: HeaderSet = new HeaderSet();
  /** How many callers metrics tell apart. */
  maxSources: i32 = 0;
  /** The models that the configuration names: metrics tell no others apart, as clients may name any. */
  private models: Label[] = [];

  /** Adds a model that metrics tell apart. */
  nameModel(name: Bytes): void {
    if (this.modelLabel(name) === OTHER_LABEL) {
      this.models.push(labelOf(String.UTF8.decode(name)));
    }
  }

  /** What metrics call a model. */
  modelLabel(name: Bytes | null): Label {
    if (name === null) return UNKNOWN_LABEL;
    const start = changetype<usize>(name);
    const end = start + name.byteLength;
    for (let i = 0; i < this.models.length; i++) {
      if (equals(unchecked(this.models[i]).bytes, start, end)) return this.models[i];
    }
    return OTHER_LABEL;
  }
}
