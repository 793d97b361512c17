// The plugin configuration: what the compiler writes and the filter reads (assembly/config/decode.ts).
// Envoy and Istio carry it as JSON. Istio holds it as a protobuf Struct in between, which keeps no order
// of keys and makes every number a double: so what has an order is a list, and a JSON value that goes
// into a request body is a string with its JSON text. AssemblyScript has no optional members, so it
// reads the names of the fields (plugin-fields.ts) instead of these types; a test holds the two together.

/** The whole configuration of one filter instance. The filter refuses a version or a field that it does not know. */
export interface PluginConfig {
  version: 1;
  /** What `:authority` may be, in lower case; compared without case and otherwise exactly. */
  authorities: string[];
  /** How many callers one worker tells apart in metrics, by their mesh certificates; all others count as `other`. */
  maxSources: number;
  /** Clusters that a route names and no provider serves: their requests get 503. */
  unservedClusters: string[];
  providers: PluginProvider[];
}

export interface PluginProvider {
  /** `namespace/name` of the LLMProvider, for log lines. */
  name: string;
  /** Names of the Envoy clusters that lead to this provider, and to it alone: its key goes nowhere else. */
  clusters: string[];
  /** The chat completions path, with the provider's own query, as in `spec.path`. */
  path: string;
  /** The route that leads here, where there is only one and `routes` is empty. Without it the filter asks Envoy for each request. */
  route?: string;
  settings: PluginSettings;
  routes: PluginRoute[];
}

/** What applies instead of the provider's settings to requests that took one route. */
export interface PluginRoute {
  /** Envoy's name of the route. */
  name: string;
  /**
   * `NAMESPACE/NAME` of the VirtualServices whose route it is, as Istio writes them into the route's
   * metadata. Absent: every route of that name, of which there is one.
   */
  virtualServices?: string[];
  /** Complete: already merged over the provider's default. */
  settings: PluginSettings;
}

export interface PluginSettings {
  /** A literal key or `${NAME}` from the gateway's environment. Absent: the provider needs no credential. */
  apiKey?: string;
  /** The header that carries the credential, in lower case, and what stands before the key in it. */
  authHeader: string;
  authPrefix: string;
  maxRequestBytes?: number;
  /** Top-level members of chat and legacy completions, in the order in which they are added. At most 64, `model` counted. */
  members: PluginMember[];
  /** Judges the client's `model` on every JSON endpoint; on completions only where no member overrides `model`. Absent: any model. */
  models?: PluginModels;
}

/** One managed member of the body. `name` matches `[A-Za-z0-9_.-]{1,64}`. */
export interface PluginMember {
  name: string;
  /** JSON text that replaces whatever the client sent. */
  override?: string;
  /** JSON text for where the client sent none. */
  default?: string;
  /** JSON number text: an upper bound on the client's number. */
  limit?: string;
  /** A number below 0 counts as above the limit: of tokens some servers take it for any number. */
  nonNegative?: true;
  /** The client's member is dropped. */
  remove?: true;
  /** Members of one group stand for each other: a default is not added where the client sent another of its group. */
  group?: string;
  /** It is `stream`: the client's value must be true or false, and decides about members for streams. */
  stream?: true;
  /** The default is added only where the answer is to be streamed. What it makes the provider send beside the answer is taken out again. */
  forStreams?: true;
}

export interface PluginModels {
  /** Globs of `*` and `?`. Absent: any model. A name that has an alias may always be named. */
  allow?: string[];
  /** What provider model a client's model name stands for. */
  aliases?: Record<string, string>;
}
