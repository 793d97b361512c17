// Generated from deploy/crds by `npm run generate`: change the CRDs instead.

/** A structural schema as Kubernetes has it in a CustomResourceDefinition, without descriptions and CEL rules. */
export interface Schema {
  type?: string;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  [keyword: string]: unknown;
}

/**
 * An LLM provider: where it is, which key it needs, and what the gateway sets in the requests to it. LLMRoutes say which requests go to it.
 */
export interface LLMProvider {
  /**
   * istio.alibabacloud.com/v1beta1.
   */
  apiVersion: string;
  /**
   * LLMProvider.
   */
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  /**
   * What the provider is, and how the gateway calls it.
   */
  spec: {
    /**
     * The proxies in this resource's namespace that call the provider and hold its key. Select the egress gateway, so that no application's pod has the key. If unset, all proxies of the namespace are selected.
     */
    workloadSelector?: {
      /**
       * Labels that the proxy's pod must have, all of them.
       */
      labels?: {
        [k: string]: string;
      };
    };
    /**
     * Whose LLMRoutes may lead to the provider. If unset, any.
     */
    allowedRoutes?: {
      /**
       * Namespaces of LLMRoutes. A route of another namespace that leads here is an error. If unset, any namespace.
       *
       * @maxItems 256
       */
      namespaces?: string[];
    };
    /**
     * The provider's DNS name, in lower case and without a port. It must be unique among all LLMProviders, as LLMRoutes refer to the provider by it.
     */
    host: string;
    /**
     * The provider's path for chat completions, with a query if the provider needs one (`?api-version=...`). It replaces the client's path. The paths of other endpoints are derived from it: with `/v1/chat/completions`, embeddings are at `/v1/embeddings`.
     */
    path?: string;
    /**
     * The provider's port.
     */
    port?: number;
    /**
     * How the connection to the provider is secured.
     */
    tls?: {
      /**
       * SIMPLE is TLS, with the provider's certificate verified against `host`. DISABLE is plain HTTP, for a provider inside the cluster.
       */
      mode?: "SIMPLE" | "DISABLE";
      /**
       * Path of a PEM file in the gateway's container, with the certificate authorities that are trusted for this provider instead of the system's.
       */
      caCertificates?: string;
    };
    /**
     * Changes to the headers of requests, on top of the fixed ones.
     */
    headers?: {
      /**
       * Request headers that are removed, such as one that carries a credential of the client. The gateway removes them from the requests to all its providers. No LLMRoute can match on them.
       *
       * @maxItems 64
       */
      remove?: string[];
    };
    configs?: ProviderConfigs;
  };
  /**
   * Whether the provider is in effect. `llm-egress controller` writes it.
   */
  status?: {
    /**
     * `Ready`, or the reason of the first condition that is not true: `Invalid`, `Conflict`, `UnknownProvider`, `UnknownRule` or `Pending`.
     */
    status?: string;
    /**
     * The generation that this status is about.
     */
    observedGeneration?: number;
    /**
     * `Accepted` (the provider is valid), `ResolvedRefs` (what it refers to exists) and `Programmed` (it is written to the mesh).
     *
     * @maxItems 8
     */
    conditions?: {
      /**
       * What the condition is about.
       */
      type: string;
      /**
       * Whether the condition holds.
       */
      status: "True" | "False" | "Unknown";
      /**
       * Why, in one word.
       */
      reason: string;
      /**
       * Why, with the codes of docs/diagnostics.md.
       */
      message: string;
      /**
       * The generation that the condition is about.
       */
      observedGeneration?: number;
      /**
       * Since when the condition has its status.
       */
      lastTransitionTime: string;
    }[];
  };
}
/**
 * What the gateway sets in requests to this provider.
 */
export interface ProviderConfigs {
  defaultConfig?: ProviderConfig;
  /**
   * Settings for requests that took one rule, by the rule's name in LLMRoute `spec.rules[].name`, or by `NAMESPACE/LLMROUTE/RULE`. Each is merged over defaultConfig: objects by key, while scalars, lists and the values of body members replace.
   */
  routeSpecificConfigs?: {
    [k: string]: ProviderConfig;
  };
}
/**
 * What the gateway sets in every request, unless the request's rule has an entry in routeSpecificConfigs.
 */
export interface ProviderConfig {
  openAIConfig?: OpenAIConfig;
}
/**
 * Settings for a provider with OpenAI's API. `model`, `stream` and `parameters` apply to chat completions and legacy completions. The key, `models` and `maxRequestBytes` apply to every endpoint.
 */
export interface OpenAIConfig {
  /**
   * The model of every request, whatever model the client names. If unset, the client chooses.
   */
  model?: string;
  /**
   * Whether answers are streamed, whatever the client requests. If unset, the client chooses.
   */
  stream?: boolean;
  /**
   * What happens if `stream` is false, here or in parameters.overrides, and a client requests a streamed answer. `Override` (the default) sends `false` all the same, and the client gets an answer that it may not understand. `Refuse` answers the client with 400.
   */
  streamMismatch?: "Refuse" | "Override";
  /**
   * The provider's key. `${NAME}` reads it from the environment of the gateway's container, so that no resource contains it. A literal key works, with a warning. If unset, no credential is sent.
   */
  apiKey?: string;
  apiKeySecretRef?: SecretRef;
  /**
   * Several keys of the provider, which requests use in turn. One that the provider answers with 429, 401 or 403 rests for a while.
   *
   * @minItems 1
   * @maxItems 16
   */
  apiKeys?: ApiKey[];
  /**
   * How the key is sent to the provider.
   */
  auth?: {
    /**
     * The header that carries the key, such as `authorization`, `api-key`, `x-api-key` or `x-goog-api-key`. If unset, `authorization`.
     */
    header?: string;
    /**
     * The text before the key in the header. May be empty. If unset, `Bearer` and a space.
     */
    prefix?: string;
  };
  parameters?: ParametersConfig;
  models?: ModelsConfig;
  /**
   * Whether the filter requests the token usage of a streamed answer. `Auto` (the default) adds `stream_options.include_usage` if the client sent no `stream_options`, and removes the extra chunk from the answer. `Off` never adds it, and the usage of such an answer is unknown.
   */
  usage?: "Auto" | "Off";
  /**
   * The largest accepted request body, in bytes. A larger body gets 413. If unset, there is no limit, as nothing is buffered.
   */
  maxRequestBytes?: number;
}
/**
 * The entry of a Secret that is the key, in the namespace of this resource. It needs `llm-egress controller`, which hands the key to the gateway, and a new one as soon as the Secret changes.
 */
export interface SecretRef {
  /**
   * The name of the Secret.
   */
  name: string;
  /**
   * The entry of the Secret.
   */
  key: string;
}
export interface ApiKey {
  /**
   * The variable of the gateway's environment that is the key.
   */
  env?: string;
  secretRef?: SecretRef;
}
/**
 * Members of the request's JSON body that the gateway manages, by name. All other members go out as the client sent them. A member may be in only one of defaults, overrides and remove. `max_tokens`, `max_completion_tokens` and `max_output_tokens` count as one member.
 */
export interface ParametersConfig {
  /**
   * Members that are added if the client did not send them, with their values. An explicit null counts as sent.
   */
  defaults?: {
    [k: string]: unknown;
  };
  /**
   * Members that are always set, with their values, whatever the client sent.
   */
  overrides?: {
    [k: string]: unknown;
  };
  /**
   * Upper limits for numbers that the client sends, by member. A number above its limit is replaced by the limit. If the client sent none, nothing is added.
   */
  limits?: {
    [k: string]: number;
  };
  /**
   * Members that are removed from the client's body.
   *
   * @maxItems 256
   */
  remove?: string[];
}
/**
 * Which models a client may name, and what each name means.
 */
export interface ModelsConfig {
  /**
   * The models that a client may name. `*` matches any characters, and `?` matches one. Other models get 403. If unset, any model may be named. A name that has an alias is always allowed.
   *
   * @maxItems 256
   */
  allow?: string[];
  /**
   * For each name that clients use, the provider's model that it means, such as `default: qwen-max`.
   */
  aliases?: {
    [k: string]: string;
  };
}

/** The schema of LLMProvider. */
export const llmProviderSchema: Schema = {
  type: "object",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: {
      type: "object",
      required: ["host"],
      properties: {
        workloadSelector: {
          type: "object",
          properties: {
            labels: {
              type: "object",
              maxProperties: 32,
              additionalProperties: { type: "string", maxLength: 63 },
            },
          },
        },
        allowedRoutes: {
          type: "object",
          properties: {
            namespaces: {
              type: "array",
              maxItems: 256,
              items: { type: "string", minLength: 1, maxLength: 63 },
            },
          },
        },
        host: { type: "string", minLength: 1, maxLength: 253 },
        path: { type: "string", minLength: 1, maxLength: 2048, default: "/v1/chat/completions" },
        port: { type: "integer", format: "int32", minimum: 1, maximum: 65535, default: 443 },
        tls: {
          type: "object",
          properties: {
            mode: { type: "string", enum: ["SIMPLE", "DISABLE"], default: "SIMPLE" },
            caCertificates: { type: "string", minLength: 1, maxLength: 4096 },
          },
        },
        headers: {
          type: "object",
          properties: {
            remove: {
              type: "array",
              maxItems: 64,
              items: { type: "string", minLength: 1, maxLength: 200 },
            },
          },
        },
        configs: {
          type: "object",
          properties: {
            defaultConfig: {
              type: "object",
              properties: {
                openAIConfig: {
                  type: "object",
                  properties: {
                    model: { type: "string", minLength: 1, maxLength: 200 },
                    stream: { type: "boolean" },
                    streamMismatch: { type: "string", enum: ["Refuse", "Override"] },
                    apiKey: { type: "string", maxLength: 4096 },
                    apiKeySecretRef: {
                      type: "object",
                      required: ["name", "key"],
                      properties: {
                        name: { type: "string", minLength: 1, maxLength: 253 },
                        key: { type: "string", minLength: 1, maxLength: 253 },
                      },
                    },
                    apiKeys: {
                      type: "array",
                      minItems: 1,
                      maxItems: 16,
                      items: {
                        type: "object",
                        properties: {
                          env: { type: "string", minLength: 1, maxLength: 256 },
                          secretRef: {
                            type: "object",
                            required: ["name", "key"],
                            properties: {
                              name: { type: "string", minLength: 1, maxLength: 253 },
                              key: { type: "string", minLength: 1, maxLength: 253 },
                            },
                          },
                        },
                      },
                    },
                    auth: {
                      type: "object",
                      properties: {
                        header: { type: "string", minLength: 1, maxLength: 200 },
                        prefix: { type: "string", maxLength: 200 },
                      },
                    },
                    parameters: {
                      type: "object",
                      properties: {
                        defaults: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                        overrides: { type: "object", "x-kubernetes-preserve-unknown-fields": true },
                        limits: {
                          type: "object",
                          maxProperties: 64,
                          additionalProperties: { type: "number" },
                        },
                        remove: {
                          type: "array",
                          maxItems: 256,
                          items: { type: "string", maxLength: 64 },
                        },
                      },
                    },
                    models: {
                      type: "object",
                      properties: {
                        allow: {
                          type: "array",
                          maxItems: 256,
                          items: { type: "string", maxLength: 256 },
                        },
                        aliases: {
                          type: "object",
                          maxProperties: 256,
                          additionalProperties: { type: "string", maxLength: 256 },
                        },
                      },
                    },
                    usage: { type: "string", enum: ["Auto", "Off"] },
                    maxRequestBytes: {
                      type: "integer",
                      format: "int64",
                      minimum: 1,
                      maximum: 9007199254740991,
                    },
                  },
                },
              },
            },
            routeSpecificConfigs: {
              type: "object",
              maxProperties: 256,
              additionalProperties: {
                type: "object",
                properties: {
                  openAIConfig: {
                    type: "object",
                    properties: {
                      model: { type: "string", minLength: 1, maxLength: 200 },
                      stream: { type: "boolean" },
                      streamMismatch: { type: "string", enum: ["Refuse", "Override"] },
                      apiKey: { type: "string", maxLength: 4096 },
                      apiKeySecretRef: {
                        type: "object",
                        required: ["name", "key"],
                        properties: {
                          name: { type: "string", minLength: 1, maxLength: 253 },
                          key: { type: "string", minLength: 1, maxLength: 253 },
                        },
                      },
                      apiKeys: {
                        type: "array",
                        minItems: 1,
                        maxItems: 16,
                        items: {
                          type: "object",
                          properties: {
                            env: { type: "string", minLength: 1, maxLength: 256 },
                            secretRef: {
                              type: "object",
                              required: ["name", "key"],
                              properties: {
                                name: { type: "string", minLength: 1, maxLength: 253 },
                                key: { type: "string", minLength: 1, maxLength: 253 },
                              },
                            },
                          },
                        },
                      },
                      auth: {
                        type: "object",
                        properties: {
                          header: { type: "string", minLength: 1, maxLength: 200 },
                          prefix: { type: "string", maxLength: 200 },
                        },
                      },
                      parameters: {
                        type: "object",
                        properties: {
                          defaults: {
                            type: "object",
                            "x-kubernetes-preserve-unknown-fields": true,
                          },
                          overrides: {
                            type: "object",
                            "x-kubernetes-preserve-unknown-fields": true,
                          },
                          limits: {
                            type: "object",
                            maxProperties: 64,
                            additionalProperties: { type: "number" },
                          },
                          remove: {
                            type: "array",
                            maxItems: 256,
                            items: { type: "string", maxLength: 64 },
                          },
                        },
                      },
                      models: {
                        type: "object",
                        properties: {
                          allow: {
                            type: "array",
                            maxItems: 256,
                            items: { type: "string", maxLength: 256 },
                          },
                          aliases: {
                            type: "object",
                            maxProperties: 256,
                            additionalProperties: { type: "string", maxLength: 256 },
                          },
                        },
                      },
                      usage: { type: "string", enum: ["Auto", "Off"] },
                      maxRequestBytes: {
                        type: "integer",
                        format: "int64",
                        minimum: 1,
                        maximum: 9007199254740991,
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    status: {
      type: "object",
      properties: {
        status: { type: "string" },
        observedGeneration: { type: "integer", format: "int64" },
        conditions: {
          type: "array",
          maxItems: 8,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: {
            type: "object",
            required: ["type", "status", "reason", "message", "lastTransitionTime"],
            properties: {
              type: { type: "string" },
              status: { type: "string", enum: ["True", "False", "Unknown"] },
              reason: { type: "string" },
              message: { type: "string" },
              observedGeneration: { type: "integer", format: "int64" },
              lastTransitionTime: { type: "string", format: "date-time" },
            },
          },
        },
      },
    },
  },
};

/**
 * Which requests for one host go to which LLM providers. The first matching rule is used.
 */
export interface LLMRoute {
  /**
   * istio.alibabacloud.com/v1beta1.
   */
  apiVersion: string;
  /**
   * LLMRoute.
   */
  kind: string;
  metadata: { name: string; namespace?: string; [field: string]: unknown };
  /**
   * The host and its rules.
   */
  spec: {
    /**
     * The host that clients call, in lower case and without a port. Usually it is a provider's host.
     */
    host: string;
    /**
     * Where the rules apply: `mesh` for the sidecars, `NAMESPACE/NAME` or `NAME` for an Istio Gateway. If unset, `mesh` only.
     *
     * @maxItems 32
     */
    gateways?: string[];
    /**
     * The rules, in the order in which they are evaluated.
     *
     * @minItems 1
     * @maxItems 128
     */
    rules: RouteRule[];
  };
  /**
   * Whether the route is in effect. `llm-egress controller` writes it.
   */
  status?: {
    /**
     * `Ready`, or the reason of the first condition that is not true: `Invalid`, `Conflict`, `UnknownProvider`, `UnknownRule` or `Pending`.
     */
    status?: string;
    /**
     * The generation that this status is about.
     */
    observedGeneration?: number;
    /**
     * `Accepted` (the route is valid), `ResolvedRefs` (what it refers to exists) and `Programmed` (it is written to the mesh).
     *
     * @maxItems 8
     */
    conditions?: {
      /**
       * What the condition is about.
       */
      type: string;
      /**
       * Whether the condition holds.
       */
      status: "True" | "False" | "Unknown";
      /**
       * Why, in one word.
       */
      reason: string;
      /**
       * Why, with the codes of docs/diagnostics.md.
       */
      message: string;
      /**
       * The generation that the condition is about.
       */
      observedGeneration?: number;
      /**
       * Since when the condition has its status.
       */
      lastTransitionTime: string;
    }[];
  };
}
export interface RouteRule {
  /**
   * The rule's name, unique within the LLMRoute. LLMProviders refer to it in routeSpecificConfigs.
   */
  name: string;
  /**
   * The requests that the rule applies to: those for which at least one of these holds. If unset, every request.
   *
   * @maxItems 32
   */
  matches?: RouteMatch[];
  /**
   * Where the requests go.
   *
   * @minItems 1
   * @maxItems 16
   */
  backendRefs: RouteBackend[];
}
/**
 * Conditions that must all hold.
 */
export interface RouteMatch {
  /**
   * Conditions on request headers, by name. Headers that the gateway itself removes or sets can't be matched.
   */
  headers?: {
    [k: string]: StringMatch;
  };
  /**
   * Labels that the caller's pod must have, all of them. Only sidecars know them, so use this with the gateway `mesh`.
   */
  sourceLabels?: {
    [k: string]: string;
  };
  /**
   * The gateways, of those that the LLMRoute lists, that the match applies to. If unset, all of them.
   *
   * @maxItems 32
   */
  gateways?: string[];
}
/**
 * Exactly one of exact, prefix and regex.
 */
export interface StringMatch {
  /**
   * The header's whole value.
   */
  exact?: string;
  /**
   * The beginning of the header's value.
   */
  prefix?: string;
  /**
   * An RE2 expression that matches the header's whole value.
   */
  regex?: string;
}
/**
 * One destination, by providerHost or by backendRef.
 */
export interface RouteBackend {
  /**
   * The host of an LLMProvider. In a rule for `mesh` only, it may also be the full name of the egress gateway's Service.
   */
  providerHost?: string;
  /**
   * The share of requests, in percent. The weights of a rule's destinations add up to 100. A single destination needs none.
   */
  weight?: number;
  backendRef?: BackendReference;
}
/**
 * A Service of the cluster. There must be an LLMProvider with the host NAME.NAMESPACE.svc.cluster.local.
 */
export interface BackendReference {
  /**
   * The API group of the kind. Empty for a Service.
   */
  group?: string;
  /**
   * The kind of the referenced object.
   */
  kind?: string;
  /**
   * The Service's name.
   */
  name: string;
  /**
   * The Service's namespace. If unset, the LLMRoute's own.
   */
  namespace?: string;
}

/** The schema of LLMRoute. */
export const llmRouteSchema: Schema = {
  type: "object",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string" },
    kind: { type: "string" },
    metadata: { type: "object" },
    spec: {
      type: "object",
      required: ["host", "rules"],
      properties: {
        host: { type: "string", minLength: 1, maxLength: 253 },
        gateways: {
          type: "array",
          maxItems: 32,
          items: { type: "string", minLength: 1, maxLength: 320 },
        },
        rules: {
          type: "array",
          minItems: 1,
          maxItems: 128,
          items: {
            type: "object",
            required: ["name", "backendRefs"],
            properties: {
              name: { type: "string", minLength: 1, maxLength: 253 },
              matches: {
                type: "array",
                maxItems: 32,
                items: {
                  type: "object",
                  properties: {
                    headers: {
                      type: "object",
                      maxProperties: 16,
                      additionalProperties: {
                        type: "object",
                        properties: {
                          exact: { type: "string", minLength: 1, maxLength: 1024 },
                          prefix: { type: "string", minLength: 1, maxLength: 1024 },
                          regex: { type: "string", minLength: 1, maxLength: 1024 },
                        },
                      },
                    },
                    sourceLabels: {
                      type: "object",
                      maxProperties: 32,
                      additionalProperties: { type: "string", maxLength: 63 },
                    },
                    gateways: {
                      type: "array",
                      maxItems: 32,
                      items: { type: "string", minLength: 1, maxLength: 320 },
                    },
                  },
                },
              },
              backendRefs: {
                type: "array",
                minItems: 1,
                maxItems: 16,
                items: {
                  type: "object",
                  properties: {
                    providerHost: { type: "string", minLength: 1, maxLength: 253 },
                    weight: { type: "integer", format: "int32", minimum: 0, maximum: 100 },
                    backendRef: {
                      type: "object",
                      required: ["name"],
                      properties: {
                        group: { type: "string", maxLength: 253 },
                        kind: { type: "string", default: "Service", maxLength: 63 },
                        name: { type: "string", minLength: 1, maxLength: 63 },
                        namespace: { type: "string", minLength: 1, maxLength: 63 },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      },
    },
    status: {
      type: "object",
      properties: {
        status: { type: "string" },
        observedGeneration: { type: "integer", format: "int64" },
        conditions: {
          type: "array",
          maxItems: 8,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: {
            type: "object",
            required: ["type", "status", "reason", "message", "lastTransitionTime"],
            properties: {
              type: { type: "string" },
              status: { type: "string", enum: ["True", "False", "Unknown"] },
              reason: { type: "string" },
              message: { type: "string" },
              observedGeneration: { type: "integer", format: "int64" },
              lastTransitionTime: { type: "string", format: "date-time" },
            },
          },
        },
      },
    },
  },
};
