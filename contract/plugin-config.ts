// The plugin configuration: what the compiler writes and the filter reads
// (assembly/config/decode.ts). Envoy and Istio carry it as JSON. In between, Istio keeps it as a
// protobuf Struct, which loses the order of keys and makes every number a double. So whatever has
// an order is a list, and a JSON value for a request body is a string with its JSON text.
// AssemblyScript has no optional members, so it reads the names of the fields (plugin-fields.ts)
// instead of these types. A test compares the two.

/**
 * The whole configuration of one filter instance. The filter refuses unknown versions and fields.
 */
export interface PluginConfig {
  version: 1;
  /**
   * The allowed values of `:authority`, in lower case. The comparison ignores case and is otherwise
   * exact.
   */
  authorities: string[];
  /**
   * How many callers the metrics of one worker distinguish, by their mesh certificates. All others
   * count as `other`.
   */
  maxSources: number;
  /** Hands out the keys that `apiKeySecretRef` names. Absent: no settings may name one. */
  keyServer?: PluginKeyServer;
  /**
   * Names this configuration to the key server, which learns so that it is in effect. Letters,
   * digits, `-`, `_` and `.`.
   */
  revision?: string;
  /**
   * How many models that only clients name the metrics of one worker distinguish. All others count
   * as `other`.
   */
  maxModels: number;
  /** Clusters that a route names and no provider serves: their requests get 503. */
  unservedClusters: string[];
  /**
   * Sets of endpoints, in the form of contract/endpoints.ts. The first endpoint that matches is
   * used. In a path, `*` is any text without a slash, and a last `**` one or more segments.
   */
  endpoints: string[][];
  providers: PluginProvider[];
}

export interface PluginKeyServer {
  /** Name of the Envoy cluster that leads to it. */
  cluster: string;
}

export interface PluginProvider {
  /** `namespace/name` of the LLMProvider, for log lines. */
  name: string;
  /**
   * Names of the Envoy clusters that lead to this provider, and to nothing else. Its key goes
   * nowhere else.
   */
  clusters: string[];
  /** The chat completions path, with the provider's own query, as in `spec.path`. */
  path: string;
  /** Index of the provider's set in `endpoints`. */
  endpoints: number;
  /**
   * Names of request headers, in lower case. They are removed from the requests to all providers.
   */
  removedHeaders?: string[];
  /**
   * Values of request headers by name, in lower case: literal, or `${NAME}` for a variable of the
   * gateway's environment. The client's own are removed from the requests to all providers.
   */
  setHeaders?: Record<string, string>;
  /**
   * The same, with values that are keys of Secrets, as in `apiKeySecretRef`: requests wait until they
   * are known, and answers don't show them.
   */
  secretHeaders?: Record<string, string>;
  /** The same, of which the client's own are kept. */
  defaultHeaders?: Record<string, string>;
  /**
   * The route that leads here, if there is only one and `routes` is empty. Without it, the filter
   * asks Envoy for each request.
   */
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
  /**
   * A literal key, or `${NAME}` for a variable of the gateway's environment. Without this,
   * `apiKeySecretRef` and `apiKeys`, no credential is sent. At most one of them is set.
   */
  apiKey?: string;
  /** `NAME/KEY`: the entry KEY of the Secret NAME, in the namespace of the providers. */
  apiKeySecretRef?: string;
  /** Keys that are used in turn: at least one, at most MAX_API_KEYS. */
  apiKeys?: PluginKey[];
  /** The header that carries the credential, in lower case, and the text before the key in it. */
  authHeader: string;
  authPrefix: string;
  maxRequestBytes?: number;
  /**
   * Top-level members of chat and legacy completions, in the order in which they are added. At most
   * MAX_MEMBERS, including `model`.
   */
  members: PluginMember[];
  /**
   * Members that take the place of those in `members` with the same names, for some models. The first
   * entry whose glob matches the model that the provider gets is used. At most MAX_MODEL_GLOBS.
   */
  modelMembers?: PluginModelMembers[];
  /**
   * Which models the client may name, on every JSON endpoint; on completions only if no member
   * overrides `model`. Absent: any model.
   */
  models?: PluginModels;
  /** The answer to a request for the list of models. Absent: the provider answers. */
  modelList?: string;
}

/** One of several keys: either field, as in PluginSettings. `apiKey` is always a `${NAME}`. */
export interface PluginKey {
  apiKey?: string;
  apiKeySecretRef?: string;
}

/** One managed member of the body. `name` matches `[A-Za-z0-9_.-]{1,64}`. */
export interface PluginMember {
  name: string;
  /** JSON text that replaces whatever the client sent. */
  override?: string;
  /** The client may send only the override's own value, or null: any other is refused. */
  refuseOther?: true;
  /** JSON text that is added if the client did not send the member. */
  default?: string;
  /** JSON number text: an upper bound on the client's number. */
  limit?: string;
  /**
   * A number below 0 counts as above the limit, as some servers take it for any number of tokens.
   */
  nonNegative?: true;
  /** The client's member is removed. */
  remove?: true;
  /**
   * Members of one group are the same setting: a default is not added if the client sent another
   * member of its group.
   */
  group?: string;
  /**
   * This is `stream`: the client's value must be true or false, and decides whether members
   * `forStreams` are added.
   */
  stream?: true;
  /**
   * The default is added only if the request is for a streamed answer. The extra chunk that it
   * causes is removed from the answer.
   */
  forStreams?: true;
}

export interface PluginModelMembers {
  /** A glob of `*` and `?`, which is compared without case. */
  model: string;
  /** Each has the name of one in PluginSettings' `members`, but for `model` and `stream`. */
  members: PluginMember[];
}

export interface PluginModels {
  /** Globs of `*` and `?`. Absent: any model. A name that has an alias may always be named. */
  allow?: string[];
  /** The provider's model for each name that clients use. */
  aliases?: Record<string, string>;
}
