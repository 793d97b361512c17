// Generated from deploy/crds by `npm run generate`: change the CRDs instead.

/** A structural schema as Kubernetes has it in a CustomResourceDefinition, without CEL rules. */
export interface Schema {
  type?: string;
  description?: string;
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
     * The endpoints that are served: names of built-in ones (`chat`, `completions`, `responses`, `embeddings`, `images`, `models`, `messages`, `audio`, `image-edits`, `files`, `batches`, `rerank`, `moderations`, `fim`, `beta`), or `{path, methods}` for a whole path at the provider, whose requests pass with the key and an untouched body. In a path, `*` is any text without a slash, and a last `/**` the rest. `methods` is `[POST]` if unset. By default `chat`, `completions`, `embeddings`, `responses`, `images` and `models` are served.
     *
     * @minItems 1
     * @maxItems 64
     */
    endpoints?: (string | { path: string; methods?: string[] })[];
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
     * How connections to the provider are made and kept.
     */
    connection?: {
      /**
       * When an unused connection is closed, `4s` if unset. It must be shorter than what the provider and what is between keep, or requests meet a connection that is closing.
       */
      idleTimeout?: string;
      /**
       * How long a connection may take to be made, `10s` if unset.
       */
      connectTimeout?: string;
      /**
       * After how much silence TCP probes are sent, `60s` if unset: what is between would otherwise forget the connection of an answer that is silent for long.
       */
      keepalive?: string;
      /**
       * Whether HTTP/2 is used if the provider has it.
       */
      http2?: boolean;
      /**
       * An HTTP proxy through which the gateway reaches the provider with CONNECT. TLS to the provider goes through the tunnel, and is verified.
       */
      proxy?: {
        /**
         * The proxy's DNS name.
         */
        host: string;
        /**
         * The proxy's port.
         */
        port: number;
        /**
         * `${NAME}`: the variable of the gateway's environment with the value of `Proxy-Authorization`, such as `Basic …`.
         */
        authorization?: string;
      };
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
      /**
       * Request headers that are set, by name, such as `openai-organization`. A value of `${NAME}` reads it from the gateway's environment. The client's own headers of these names are removed from the requests to all providers. No LLMRoute can match on them.
       */
      set?: {
        [k: string]: string;
      };
      /**
       * The same, with values that are in Secrets of the provider's namespace, by the name of the header. The controller hands them to the gateway like keys.
       */
      setSecretRefs?: {
        [k: string]: {
          /**
           * The name of the Secret.
           */
          name: string;
          /**
           * The entry of the Secret.
           */
          key: string;
        };
      };
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
  /**
   * What is different for some models, by globs of the model that the provider gets. `*` matches any characters, and `?` matches one; upper and lower case are the same. The most specific glob that matches applies: the one with the most characters beside `*` and `?`. `model`, `stream` and `stream_options` can't depend on the model.
   */
  models?: {
    [k: string]: ModelParameters;
  };
}
export interface ModelParameters {
  /**
   * Like `parameters.defaults`.
   */
  defaults?: {
    [k: string]: unknown;
  };
  /**
   * Like `parameters.overrides`.
   */
  overrides?: {
    [k: string]: unknown;
  };
  /**
   * Like `parameters.limits`.
   */
  limits?: {
    [k: string]: number;
  };
  /**
   * Like `parameters.remove`.
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
   * Who answers a request for the list of models: the provider (the default), or the gateway, with the names of `aliases` and those in `allow` that are not globs.
   */
  list?: "Provider" | "Configured";
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
  description:
    "An LLM provider: where it is, which key it needs, and what the gateway sets in the requests to it. LLMRoutes say which requests go to it.",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string", description: "istio.alibabacloud.com/v1beta1." },
    kind: { type: "string", description: "LLMProvider." },
    metadata: { type: "object" },
    spec: {
      type: "object",
      description: "What the provider is, and how the gateway calls it.",
      required: ["host"],
      properties: {
        workloadSelector: {
          type: "object",
          description:
            "The proxies in this resource's namespace that call the provider and hold its key. Select the egress gateway, so that no application's pod has the key. If unset, all proxies of the namespace are selected.",
          properties: {
            labels: {
              type: "object",
              description: "Labels that the proxy's pod must have, all of them.",
              maxProperties: 32,
              additionalProperties: { type: "string", maxLength: 63 },
            },
          },
        },
        allowedRoutes: {
          type: "object",
          description: "Whose LLMRoutes may lead to the provider. If unset, any.",
          properties: {
            namespaces: {
              type: "array",
              description:
                "Namespaces of LLMRoutes. A route of another namespace that leads here is an error. If unset, any namespace.",
              maxItems: 256,
              items: { type: "string", minLength: 1, maxLength: 63 },
            },
          },
        },
        host: {
          type: "string",
          description:
            "The provider's DNS name, in lower case and without a port. It must be unique among all LLMProviders, as LLMRoutes refer to the provider by it.",
          minLength: 1,
          maxLength: 253,
        },
        path: {
          type: "string",
          description:
            "The provider's path for chat completions, with a query if the provider needs one (`?api-version=...`). It replaces the client's path. The paths of other endpoints are derived from it: with `/v1/chat/completions`, embeddings are at `/v1/embeddings`.",
          minLength: 1,
          maxLength: 2048,
          default: "/v1/chat/completions",
        },
        endpoints: {
          type: "array",
          description:
            "The endpoints that are served: names of built-in ones (`chat`, `completions`, `responses`, `embeddings`, `images`, `models`, `messages`, `audio`, `image-edits`, `files`, `batches`, `rerank`, `moderations`, `fim`, `beta`), or `{path, methods}` for a whole path at the provider, whose requests pass with the key and an untouched body. In a path, `*` is any text without a slash, and a last `/**` the rest. `methods` is `[POST]` if unset. By default `chat`, `completions`, `embeddings`, `responses`, `images` and `models` are served.",
          minItems: 1,
          maxItems: 64,
          items: { "x-kubernetes-preserve-unknown-fields": true },
        },
        port: {
          type: "integer",
          format: "int32",
          description: "The provider's port.",
          minimum: 1,
          maximum: 65535,
          default: 443,
        },
        tls: {
          type: "object",
          description: "How the connection to the provider is secured.",
          properties: {
            mode: {
              type: "string",
              description:
                "SIMPLE is TLS, with the provider's certificate verified against `host`. DISABLE is plain HTTP, for a provider inside the cluster.",
              enum: ["SIMPLE", "DISABLE"],
              default: "SIMPLE",
            },
            caCertificates: {
              type: "string",
              description:
                "Path of a PEM file in the gateway's container, with the certificate authorities that are trusted for this provider instead of the system's.",
              minLength: 1,
              maxLength: 4096,
            },
          },
        },
        connection: {
          type: "object",
          description: "How connections to the provider are made and kept.",
          properties: {
            idleTimeout: {
              type: "string",
              description:
                "When an unused connection is closed, `4s` if unset. It must be shorter than what the provider and what is between keep, or requests meet a connection that is closing.",
              maxLength: 16,
            },
            connectTimeout: {
              type: "string",
              description: "How long a connection may take to be made, `10s` if unset.",
              maxLength: 16,
            },
            keepalive: {
              type: "string",
              description:
                "After how much silence TCP probes are sent, `60s` if unset: what is between would otherwise forget the connection of an answer that is silent for long.",
              maxLength: 16,
            },
            http2: {
              type: "boolean",
              description: "Whether HTTP/2 is used if the provider has it.",
            },
            proxy: {
              type: "object",
              description:
                "An HTTP proxy through which the gateway reaches the provider with CONNECT. TLS to the provider goes through the tunnel, and is verified.",
              required: ["host", "port"],
              properties: {
                host: {
                  type: "string",
                  description: "The proxy's DNS name.",
                  minLength: 1,
                  maxLength: 253,
                },
                port: {
                  type: "integer",
                  format: "int32",
                  description: "The proxy's port.",
                  minimum: 1,
                  maximum: 65535,
                },
                authorization: {
                  type: "string",
                  description:
                    "`${NAME}`: the variable of the gateway's environment with the value of `Proxy-Authorization`, such as `Basic …`.",
                  minLength: 1,
                  maxLength: 4096,
                },
              },
            },
          },
        },
        headers: {
          type: "object",
          description: "Changes to the headers of requests, on top of the fixed ones.",
          properties: {
            remove: {
              type: "array",
              description:
                "Request headers that are removed, such as one that carries a credential of the client. The gateway removes them from the requests to all its providers. No LLMRoute can match on them.",
              maxItems: 64,
              items: { type: "string", minLength: 1, maxLength: 200 },
            },
            set: {
              type: "object",
              description:
                "Request headers that are set, by name, such as `openai-organization`. A value of `${NAME}` reads it from the gateway's environment. The client's own headers of these names are removed from the requests to all providers. No LLMRoute can match on them.",
              maxProperties: 32,
              additionalProperties: { type: "string", minLength: 1, maxLength: 4096 },
            },
            setSecretRefs: {
              type: "object",
              description:
                "The same, with values that are in Secrets of the provider's namespace, by the name of the header. The controller hands them to the gateway like keys.",
              maxProperties: 32,
              additionalProperties: {
                type: "object",
                required: ["name", "key"],
                properties: {
                  name: {
                    type: "string",
                    description: "The name of the Secret.",
                    minLength: 1,
                    maxLength: 253,
                  },
                  key: {
                    type: "string",
                    description: "The entry of the Secret.",
                    minLength: 1,
                    maxLength: 253,
                  },
                },
              },
            },
          },
        },
        configs: {
          type: "object",
          description: "What the gateway sets in requests to this provider.",
          properties: {
            defaultConfig: {
              type: "object",
              description:
                "What the gateway sets in every request, unless the request's rule has an entry in routeSpecificConfigs.",
              properties: {
                openAIConfig: {
                  type: "object",
                  description:
                    "Settings for a provider with OpenAI's API. `model`, `stream` and `parameters` apply to chat completions and legacy completions. The key, `models` and `maxRequestBytes` apply to every endpoint.",
                  properties: {
                    model: {
                      type: "string",
                      description:
                        "The model of every request, whatever model the client names. If unset, the client chooses.",
                      minLength: 1,
                      maxLength: 200,
                    },
                    stream: {
                      type: "boolean",
                      description:
                        "Whether answers are streamed, whatever the client requests. If unset, the client chooses.",
                    },
                    streamMismatch: {
                      type: "string",
                      description:
                        "What happens if `stream` is false, here or in parameters.overrides, and a client requests a streamed answer. `Override` (the default) sends `false` all the same, and the client gets an answer that it may not understand. `Refuse` answers the client with 400.",
                      enum: ["Refuse", "Override"],
                    },
                    apiKey: {
                      type: "string",
                      description:
                        "The provider's key. `${NAME}` reads it from the environment of the gateway's container, so that no resource contains it. A literal key works, with a warning. If unset, no credential is sent.",
                      maxLength: 4096,
                    },
                    apiKeySecretRef: {
                      type: "object",
                      description:
                        "The entry of a Secret that is the key, in the namespace of this resource. It needs `llm-egress controller`, which hands the key to the gateway, and a new one as soon as the Secret changes.",
                      required: ["name", "key"],
                      properties: {
                        name: {
                          type: "string",
                          description: "The name of the Secret.",
                          minLength: 1,
                          maxLength: 253,
                        },
                        key: {
                          type: "string",
                          description: "The entry of the Secret.",
                          minLength: 1,
                          maxLength: 253,
                        },
                      },
                    },
                    apiKeys: {
                      type: "array",
                      description:
                        "Several keys of the provider, which requests use in turn. One that the provider answers with 429, 401 or 403 rests for a while.",
                      minItems: 1,
                      maxItems: 16,
                      items: {
                        type: "object",
                        properties: {
                          env: {
                            type: "string",
                            description:
                              "The variable of the gateway's environment that is the key.",
                            minLength: 1,
                            maxLength: 256,
                          },
                          secretRef: {
                            type: "object",
                            description:
                              "The entry of a Secret that is the key, in the namespace of this resource. It needs `llm-egress controller`, which hands the key to the gateway, and a new one as soon as the Secret changes.",
                            required: ["name", "key"],
                            properties: {
                              name: {
                                type: "string",
                                description: "The name of the Secret.",
                                minLength: 1,
                                maxLength: 253,
                              },
                              key: {
                                type: "string",
                                description: "The entry of the Secret.",
                                minLength: 1,
                                maxLength: 253,
                              },
                            },
                          },
                        },
                      },
                    },
                    auth: {
                      type: "object",
                      description: "How the key is sent to the provider.",
                      properties: {
                        header: {
                          type: "string",
                          description:
                            "The header that carries the key, such as `authorization`, `api-key`, `x-api-key` or `x-goog-api-key`. If unset, `authorization`.",
                          minLength: 1,
                          maxLength: 200,
                        },
                        prefix: {
                          type: "string",
                          description:
                            "The text before the key in the header. May be empty. If unset, `Bearer` and a space.",
                          maxLength: 200,
                        },
                      },
                    },
                    parameters: {
                      type: "object",
                      description:
                        "Members of the request's JSON body that the gateway manages, by name. All other members go out as the client sent them. A member may be in only one of defaults, overrides and remove. `max_tokens`, `max_completion_tokens` and `max_output_tokens` count as one member.",
                      properties: {
                        defaults: {
                          type: "object",
                          description:
                            "Members that are added if the client did not send them, with their values. An explicit null counts as sent.",
                          "x-kubernetes-preserve-unknown-fields": true,
                        },
                        overrides: {
                          type: "object",
                          description:
                            "Members that are always set, with their values, whatever the client sent.",
                          "x-kubernetes-preserve-unknown-fields": true,
                        },
                        limits: {
                          type: "object",
                          description:
                            "Upper limits for numbers that the client sends, by member. A number above its limit is replaced by the limit. If the client sent none, nothing is added.",
                          maxProperties: 64,
                          additionalProperties: { type: "number" },
                        },
                        remove: {
                          type: "array",
                          description: "Members that are removed from the client's body.",
                          maxItems: 256,
                          items: { type: "string", maxLength: 64 },
                        },
                        models: {
                          type: "object",
                          description:
                            "What is different for some models, by globs of the model that the provider gets. `*` matches any characters, and `?` matches one; upper and lower case are the same. The most specific glob that matches applies: the one with the most characters beside `*` and `?`. `model`, `stream` and `stream_options` can't depend on the model.",
                          maxProperties: 16,
                          additionalProperties: {
                            type: "object",
                            properties: {
                              defaults: {
                                type: "object",
                                description: "Like `parameters.defaults`.",
                                "x-kubernetes-preserve-unknown-fields": true,
                              },
                              overrides: {
                                type: "object",
                                description: "Like `parameters.overrides`.",
                                "x-kubernetes-preserve-unknown-fields": true,
                              },
                              limits: {
                                type: "object",
                                description: "Like `parameters.limits`.",
                                maxProperties: 64,
                                additionalProperties: { type: "number" },
                              },
                              remove: {
                                type: "array",
                                description: "Like `parameters.remove`.",
                                maxItems: 256,
                                items: { type: "string", maxLength: 64 },
                              },
                            },
                          },
                        },
                      },
                    },
                    models: {
                      type: "object",
                      description: "Which models a client may name, and what each name means.",
                      properties: {
                        list: {
                          type: "string",
                          description:
                            "Who answers a request for the list of models: the provider (the default), or the gateway, with the names of `aliases` and those in `allow` that are not globs.",
                          enum: ["Provider", "Configured"],
                        },
                        allow: {
                          type: "array",
                          description:
                            "The models that a client may name. `*` matches any characters, and `?` matches one. Other models get 403. If unset, any model may be named. A name that has an alias is always allowed.",
                          maxItems: 256,
                          items: { type: "string", maxLength: 256 },
                        },
                        aliases: {
                          type: "object",
                          description:
                            "For each name that clients use, the provider's model that it means, such as `default: qwen-max`.",
                          maxProperties: 256,
                          additionalProperties: { type: "string", maxLength: 256 },
                        },
                      },
                    },
                    usage: {
                      type: "string",
                      description:
                        "Whether the filter requests the token usage of a streamed answer. `Auto` (the default) adds `stream_options.include_usage` if the client sent no `stream_options`, and removes the extra chunk from the answer. `Off` never adds it, and the usage of such an answer is unknown.",
                      enum: ["Auto", "Off"],
                    },
                    maxRequestBytes: {
                      type: "integer",
                      format: "int64",
                      description:
                        "The largest accepted request body, in bytes. A larger body gets 413. If unset, there is no limit, as nothing is buffered.",
                      minimum: 1,
                      maximum: 9007199254740991,
                    },
                  },
                },
              },
            },
            routeSpecificConfigs: {
              type: "object",
              description:
                "Settings for requests that took one rule, by the rule's name in LLMRoute `spec.rules[].name`, or by `NAMESPACE/LLMROUTE/RULE`. Each is merged over defaultConfig: objects by key, while scalars, lists and the values of body members replace.",
              maxProperties: 256,
              additionalProperties: {
                type: "object",
                description:
                  "What the gateway sets in every request, unless the request's rule has an entry in routeSpecificConfigs.",
                properties: {
                  openAIConfig: {
                    type: "object",
                    description:
                      "Settings for a provider with OpenAI's API. `model`, `stream` and `parameters` apply to chat completions and legacy completions. The key, `models` and `maxRequestBytes` apply to every endpoint.",
                    properties: {
                      model: {
                        type: "string",
                        description:
                          "The model of every request, whatever model the client names. If unset, the client chooses.",
                        minLength: 1,
                        maxLength: 200,
                      },
                      stream: {
                        type: "boolean",
                        description:
                          "Whether answers are streamed, whatever the client requests. If unset, the client chooses.",
                      },
                      streamMismatch: {
                        type: "string",
                        description:
                          "What happens if `stream` is false, here or in parameters.overrides, and a client requests a streamed answer. `Override` (the default) sends `false` all the same, and the client gets an answer that it may not understand. `Refuse` answers the client with 400.",
                        enum: ["Refuse", "Override"],
                      },
                      apiKey: {
                        type: "string",
                        description:
                          "The provider's key. `${NAME}` reads it from the environment of the gateway's container, so that no resource contains it. A literal key works, with a warning. If unset, no credential is sent.",
                        maxLength: 4096,
                      },
                      apiKeySecretRef: {
                        type: "object",
                        description:
                          "The entry of a Secret that is the key, in the namespace of this resource. It needs `llm-egress controller`, which hands the key to the gateway, and a new one as soon as the Secret changes.",
                        required: ["name", "key"],
                        properties: {
                          name: {
                            type: "string",
                            description: "The name of the Secret.",
                            minLength: 1,
                            maxLength: 253,
                          },
                          key: {
                            type: "string",
                            description: "The entry of the Secret.",
                            minLength: 1,
                            maxLength: 253,
                          },
                        },
                      },
                      apiKeys: {
                        type: "array",
                        description:
                          "Several keys of the provider, which requests use in turn. One that the provider answers with 429, 401 or 403 rests for a while.",
                        minItems: 1,
                        maxItems: 16,
                        items: {
                          type: "object",
                          properties: {
                            env: {
                              type: "string",
                              description:
                                "The variable of the gateway's environment that is the key.",
                              minLength: 1,
                              maxLength: 256,
                            },
                            secretRef: {
                              type: "object",
                              description:
                                "The entry of a Secret that is the key, in the namespace of this resource. It needs `llm-egress controller`, which hands the key to the gateway, and a new one as soon as the Secret changes.",
                              required: ["name", "key"],
                              properties: {
                                name: {
                                  type: "string",
                                  description: "The name of the Secret.",
                                  minLength: 1,
                                  maxLength: 253,
                                },
                                key: {
                                  type: "string",
                                  description: "The entry of the Secret.",
                                  minLength: 1,
                                  maxLength: 253,
                                },
                              },
                            },
                          },
                        },
                      },
                      auth: {
                        type: "object",
                        description: "How the key is sent to the provider.",
                        properties: {
                          header: {
                            type: "string",
                            description:
                              "The header that carries the key, such as `authorization`, `api-key`, `x-api-key` or `x-goog-api-key`. If unset, `authorization`.",
                            minLength: 1,
                            maxLength: 200,
                          },
                          prefix: {
                            type: "string",
                            description:
                              "The text before the key in the header. May be empty. If unset, `Bearer` and a space.",
                            maxLength: 200,
                          },
                        },
                      },
                      parameters: {
                        type: "object",
                        description:
                          "Members of the request's JSON body that the gateway manages, by name. All other members go out as the client sent them. A member may be in only one of defaults, overrides and remove. `max_tokens`, `max_completion_tokens` and `max_output_tokens` count as one member.",
                        properties: {
                          defaults: {
                            type: "object",
                            description:
                              "Members that are added if the client did not send them, with their values. An explicit null counts as sent.",
                            "x-kubernetes-preserve-unknown-fields": true,
                          },
                          overrides: {
                            type: "object",
                            description:
                              "Members that are always set, with their values, whatever the client sent.",
                            "x-kubernetes-preserve-unknown-fields": true,
                          },
                          limits: {
                            type: "object",
                            description:
                              "Upper limits for numbers that the client sends, by member. A number above its limit is replaced by the limit. If the client sent none, nothing is added.",
                            maxProperties: 64,
                            additionalProperties: { type: "number" },
                          },
                          remove: {
                            type: "array",
                            description: "Members that are removed from the client's body.",
                            maxItems: 256,
                            items: { type: "string", maxLength: 64 },
                          },
                          models: {
                            type: "object",
                            description:
                              "What is different for some models, by globs of the model that the provider gets. `*` matches any characters, and `?` matches one; upper and lower case are the same. The most specific glob that matches applies: the one with the most characters beside `*` and `?`. `model`, `stream` and `stream_options` can't depend on the model.",
                            maxProperties: 16,
                            additionalProperties: {
                              type: "object",
                              properties: {
                                defaults: {
                                  type: "object",
                                  description: "Like `parameters.defaults`.",
                                  "x-kubernetes-preserve-unknown-fields": true,
                                },
                                overrides: {
                                  type: "object",
                                  description: "Like `parameters.overrides`.",
                                  "x-kubernetes-preserve-unknown-fields": true,
                                },
                                limits: {
                                  type: "object",
                                  description: "Like `parameters.limits`.",
                                  maxProperties: 64,
                                  additionalProperties: { type: "number" },
                                },
                                remove: {
                                  type: "array",
                                  description: "Like `parameters.remove`.",
                                  maxItems: 256,
                                  items: { type: "string", maxLength: 64 },
                                },
                              },
                            },
                          },
                        },
                      },
                      models: {
                        type: "object",
                        description: "Which models a client may name, and what each name means.",
                        properties: {
                          list: {
                            type: "string",
                            description:
                              "Who answers a request for the list of models: the provider (the default), or the gateway, with the names of `aliases` and those in `allow` that are not globs.",
                            enum: ["Provider", "Configured"],
                          },
                          allow: {
                            type: "array",
                            description:
                              "The models that a client may name. `*` matches any characters, and `?` matches one. Other models get 403. If unset, any model may be named. A name that has an alias is always allowed.",
                            maxItems: 256,
                            items: { type: "string", maxLength: 256 },
                          },
                          aliases: {
                            type: "object",
                            description:
                              "For each name that clients use, the provider's model that it means, such as `default: qwen-max`.",
                            maxProperties: 256,
                            additionalProperties: { type: "string", maxLength: 256 },
                          },
                        },
                      },
                      usage: {
                        type: "string",
                        description:
                          "Whether the filter requests the token usage of a streamed answer. `Auto` (the default) adds `stream_options.include_usage` if the client sent no `stream_options`, and removes the extra chunk from the answer. `Off` never adds it, and the usage of such an answer is unknown.",
                        enum: ["Auto", "Off"],
                      },
                      maxRequestBytes: {
                        type: "integer",
                        format: "int64",
                        description:
                          "The largest accepted request body, in bytes. A larger body gets 413. If unset, there is no limit, as nothing is buffered.",
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
      description: "Whether the provider is in effect. `llm-egress controller` writes it.",
      properties: {
        status: {
          type: "string",
          description:
            "`Ready`, or the reason of the first condition that is not true: `Invalid`, `Conflict`, `UnknownProvider`, `UnknownRule` or `Pending`.",
        },
        observedGeneration: {
          type: "integer",
          format: "int64",
          description: "The generation that this status is about.",
        },
        conditions: {
          type: "array",
          description:
            "`Accepted` (the provider is valid), `ResolvedRefs` (what it refers to exists) and `Programmed` (it is written to the mesh).",
          maxItems: 8,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: {
            type: "object",
            required: ["type", "status", "reason", "message", "lastTransitionTime"],
            properties: {
              type: { type: "string", description: "What the condition is about." },
              status: {
                type: "string",
                description: "Whether the condition holds.",
                enum: ["True", "False", "Unknown"],
              },
              reason: { type: "string", description: "Why, in one word." },
              message: {
                type: "string",
                description: "Why, with the codes of docs/diagnostics.md.",
              },
              observedGeneration: {
                type: "integer",
                format: "int64",
                description: "The generation that the condition is about.",
              },
              lastTransitionTime: {
                type: "string",
                format: "date-time",
                description: "Since when the condition has its status.",
              },
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
  description:
    "Which requests for one host go to which LLM providers. The first matching rule is used.",
  required: ["spec"],
  properties: {
    apiVersion: { type: "string", description: "istio.alibabacloud.com/v1beta1." },
    kind: { type: "string", description: "LLMRoute." },
    metadata: { type: "object" },
    spec: {
      type: "object",
      description: "The host and its rules.",
      required: ["host", "rules"],
      properties: {
        host: {
          type: "string",
          description:
            "The host that clients call, in lower case and without a port. Usually it is a provider's host.",
          minLength: 1,
          maxLength: 253,
        },
        gateways: {
          type: "array",
          description:
            "Where the rules apply: `mesh` for the sidecars, `NAMESPACE/NAME` or `NAME` for an Istio Gateway. If unset, `mesh` only.",
          maxItems: 32,
          items: { type: "string", minLength: 1, maxLength: 320 },
        },
        rules: {
          type: "array",
          description: "The rules, in the order in which they are evaluated.",
          minItems: 1,
          maxItems: 128,
          items: {
            type: "object",
            required: ["name", "backendRefs"],
            properties: {
              name: {
                type: "string",
                description:
                  "The rule's name, unique within the LLMRoute. LLMProviders refer to it in routeSpecificConfigs.",
                minLength: 1,
                maxLength: 253,
              },
              matches: {
                type: "array",
                description:
                  "The requests that the rule applies to: those for which at least one of these holds. If unset, every request.",
                maxItems: 32,
                items: {
                  type: "object",
                  description: "Conditions that must all hold.",
                  properties: {
                    headers: {
                      type: "object",
                      description:
                        "Conditions on request headers, by name. Headers that the gateway itself removes or sets can't be matched.",
                      maxProperties: 16,
                      additionalProperties: {
                        type: "object",
                        description: "Exactly one of exact, prefix and regex.",
                        properties: {
                          exact: {
                            type: "string",
                            description: "The header's whole value.",
                            minLength: 1,
                            maxLength: 1024,
                          },
                          prefix: {
                            type: "string",
                            description: "The beginning of the header's value.",
                            minLength: 1,
                            maxLength: 1024,
                          },
                          regex: {
                            type: "string",
                            description: "An RE2 expression that matches the header's whole value.",
                            minLength: 1,
                            maxLength: 1024,
                          },
                        },
                      },
                    },
                    sourceLabels: {
                      type: "object",
                      description:
                        "Labels that the caller's pod must have, all of them. Only sidecars know them, so use this with the gateway `mesh`.",
                      maxProperties: 32,
                      additionalProperties: { type: "string", maxLength: 63 },
                    },
                    gateways: {
                      type: "array",
                      description:
                        "The gateways, of those that the LLMRoute lists, that the match applies to. If unset, all of them.",
                      maxItems: 32,
                      items: { type: "string", minLength: 1, maxLength: 320 },
                    },
                  },
                },
              },
              backendRefs: {
                type: "array",
                description: "Where the requests go.",
                minItems: 1,
                maxItems: 16,
                items: {
                  type: "object",
                  description: "One destination, by providerHost or by backendRef.",
                  properties: {
                    providerHost: {
                      type: "string",
                      description:
                        "The host of an LLMProvider. In a rule for `mesh` only, it may also be the full name of the egress gateway's Service.",
                      minLength: 1,
                      maxLength: 253,
                    },
                    weight: {
                      type: "integer",
                      format: "int32",
                      description:
                        "The share of requests, in percent. The weights of a rule's destinations add up to 100. A single destination needs none.",
                      minimum: 0,
                      maximum: 100,
                    },
                    backendRef: {
                      type: "object",
                      description:
                        "A Service of the cluster. There must be an LLMProvider with the host NAME.NAMESPACE.svc.cluster.local.",
                      required: ["name"],
                      properties: {
                        group: {
                          type: "string",
                          description: "The API group of the kind. Empty for a Service.",
                          maxLength: 253,
                        },
                        kind: {
                          type: "string",
                          description: "The kind of the referenced object.",
                          default: "Service",
                          maxLength: 63,
                        },
                        name: {
                          type: "string",
                          description: "The Service's name.",
                          minLength: 1,
                          maxLength: 63,
                        },
                        namespace: {
                          type: "string",
                          description: "The Service's namespace. If unset, the LLMRoute's own.",
                          minLength: 1,
                          maxLength: 63,
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
    },
    status: {
      type: "object",
      description: "Whether the route is in effect. `llm-egress controller` writes it.",
      properties: {
        status: {
          type: "string",
          description:
            "`Ready`, or the reason of the first condition that is not true: `Invalid`, `Conflict`, `UnknownProvider`, `UnknownRule` or `Pending`.",
        },
        observedGeneration: {
          type: "integer",
          format: "int64",
          description: "The generation that this status is about.",
        },
        conditions: {
          type: "array",
          description:
            "`Accepted` (the route is valid), `ResolvedRefs` (what it refers to exists) and `Programmed` (it is written to the mesh).",
          maxItems: 8,
          "x-kubernetes-list-type": "map",
          "x-kubernetes-list-map-keys": ["type"],
          items: {
            type: "object",
            required: ["type", "status", "reason", "message", "lastTransitionTime"],
            properties: {
              type: { type: "string", description: "What the condition is about." },
              status: {
                type: "string",
                description: "Whether the condition holds.",
                enum: ["True", "False", "Unknown"],
              },
              reason: { type: "string", description: "Why, in one word." },
              message: {
                type: "string",
                description: "Why, with the codes of docs/diagnostics.md.",
              },
              observedGeneration: {
                type: "integer",
                format: "int64",
                description: "The generation that the condition is about.",
              },
              lastTransitionTime: {
                type: "string",
                format: "date-time",
                description: "Since when the condition has its status.",
              },
            },
          },
        },
      },
    },
  },
};
