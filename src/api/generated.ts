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
 * An LLM provider: where it is, which key opens it, and what the gateway sets in the requests that are sent to it. Which requests those are is said by LLMRoutes.
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
   * What the provider is and how it is called.
   */
  spec: {
    /**
     * Which proxies in this resource's namespace call the provider and hold its key. Select the egress gateway, so that the key is in no application's pod. Without it, every proxy of the namespace is meant.
     */
    workloadSelector?: {
      /**
       * Labels that a proxy's pod must all have.
       */
      labels?: {
        [k: string]: string;
      };
    };
    /**
     * The provider's DNS name, in lower case and without a port. It is unique among all LLMProviders: LLMRoutes name the provider by it.
     */
    host: string;
    /**
     * The provider's chat completions path, with a query of its own where it needs one (`?api-version=...`). It replaces the client's path. The other endpoints are placed beside it: `/v1/chat/completions` makes embeddings `/v1/embeddings`.
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
       * SIMPLE is TLS, with the provider's certificate checked against `host`. DISABLE is plain HTTP, for a provider inside the cluster.
       */
      mode?: "SIMPLE" | "DISABLE";
      /**
       * Path of a PEM file in the gateway's container: the certificate authorities that are trusted for this provider, instead of the system's.
       */
      caCertificates?: string;
    };
    configs?: ProviderConfigs;
  };
  /**
   * Written by the controller.
   */
  status?: {
    /**
     * Whether the provider is in effect, in one line.
     */
    status?: string;
  };
}
/**
 * What the gateway sets in requests to this provider.
 */
export interface ProviderConfigs {
  defaultConfig?: ProviderConfig;
  /**
   * Settings for requests that took one rule, by the rule's name in LLMRoute `spec.rules[].name`. Each is merged over defaultConfig: objects by key, while scalars, lists and the values of body members replace.
   */
  routeSpecificConfigs?: {
    [k: string]: ProviderConfig;
  };
}
/**
 * What is set in every request, unless the rule that the request took has an entry in routeSpecificConfigs.
 */
export interface ProviderConfig {
  openAIConfig?: OpenAIConfig;
}
/**
 * Settings for a provider that speaks OpenAI's API. `model`, `stream` and `parameters` concern chat completions and legacy completions; key, models and size concern every endpoint.
 */
export interface OpenAIConfig {
  /**
   * The model that every request is given, whatever the client named. Leave it out to let the client choose.
   */
  model?: string;
  /**
   * Whether answers are streamed, whatever the client asked for. Leave it out to let the client choose.
   */
  stream?: boolean;
  /**
   * The provider's key: `${NAME}` reads it from the environment of the gateway's container, so that no resource holds it. A literal key works, and is warned about. Without it no credential is sent.
   */
  apiKey?: string;
  /**
   * How the key is presented to the provider.
   */
  auth?: {
    /**
     * The header that carries the key, such as `authorization`, `api-key`, `x-api-key` or `x-goog-api-key`. Without it, `authorization`.
     */
    header?: string;
    /**
     * What stands before the key in the header; may be empty. Without it, `Bearer` and a space.
     */
    prefix?: string;
  };
  parameters?: ParametersConfig;
  models?: ModelsConfig;
  /**
   * Whether the provider is asked for the token usage of a streamed answer: `Auto` (the default) adds `stream_options.include_usage` where the client sent no `stream_options`, and takes the chunk that it brings out of the answer again; `Off` never adds it, and such an answer's usage is unknown.
   */
  usage?: "Auto" | "Off";
  /**
   * The largest request body that is accepted, in bytes. A larger one is refused with 413. Without it there is no bound, as nothing is buffered.
   */
  maxRequestBytes?: number;
}
/**
 * Members of the request's JSON body that the gateway manages, by name. All other members go out as the client sent them. A member stands in only one of defaults, overrides and remove. `max_tokens`, `max_completion_tokens` and `max_output_tokens` count as one member.
 */
export interface ParametersConfig {
  /**
   * Members that are added where the client sent none, with their values. A client's explicit null counts as sent.
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
   * Upper bounds on numbers that the client sends, by member. A number above its bound is replaced by the bound; where the client sent none, nothing is added.
   */
  limits?: {
    [k: string]: number;
  };
  /**
   * Members that are dropped from the client's body.
   *
   * @maxItems 256
   */
  remove?: string[];
}
/**
 * Which models a client may name, and what each name stands for.
 */
export interface ModelsConfig {
  /**
   * The models that a client may name; `*` stands for any characters and `?` for one. Others are refused with 403. Without it, any model may be named. A name that has an alias may always be named.
   *
   * @maxItems 256
   */
  allow?: string[];
  /**
   * What model of the provider a name that clients use stands for, such as `default: qwen-max`.
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
                    apiKey: { type: "string", maxLength: 4096 },
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
                          items: { type: "string", maxLength: 256 },
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
                      apiKey: { type: "string", maxLength: 4096 },
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
                            items: { type: "string", maxLength: 256 },
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
    status: { type: "object", properties: { status: { type: "string" } } },
  },
};

/**
 * Which requests for one host go to which LLM providers. The first rule that matches a request is taken.
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
     * The host that clients call, in lower case and without a port. Usually it is a provider's.
     */
    host: string;
    /**
     * Where the rules apply: `mesh` for the sidecars, `NAMESPACE/NAME` or `NAME` for an Istio Gateway. Without it, `mesh` alone.
     *
     * @maxItems 32
     */
    gateways?: string[];
    /**
     * The rules, in the order in which they are tried.
     *
     * @minItems 1
     * @maxItems 128
     */
    rules: RouteRule[];
  };
  /**
   * Written by the controller.
   */
  status?: {
    /**
     * Whether the route is in effect, in one line.
     */
    status?: string;
  };
}
export interface RouteRule {
  /**
   * The rule's name, unique within the LLMRoute. LLMProviders refer to it in routeSpecificConfigs.
   */
  name: string;
  /**
   * What the rule applies to: a request for which one of these holds. Without it, every request.
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
   * Conditions on request headers, by name. Headers that the gateway itself removes or sets can't be matched on.
   */
  headers?: {
    [k: string]: StringMatch;
  };
  /**
   * Labels that the caller's pod must all have. Only sidecars know them, so this goes with the gateway `mesh`.
   */
  sourceLabels?: {
    [k: string]: string;
  };
  /**
   * Which of the LLMRoute's gateways the match applies to. Without it, all of them.
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
   * What the header's value begins with.
   */
  prefix?: string;
  /**
   * An RE2 expression for the header's whole value.
   */
  regex?: string;
}
/**
 * One destination, by providerHost or by backendRef.
 */
export interface RouteBackend {
  /**
   * The host of an LLMProvider; in a rule for `mesh` alone also the full name of the egress gateway's Service.
   */
  providerHost?: string;
  /**
   * The share of requests, in percent. The weights of a rule's destinations add up to 100; a single destination needs none.
   */
  weight?: number;
  backendRef?: BackendReference;
}
/**
 * A Service of the cluster for which there is an LLMProvider with the host NAME.NAMESPACE.svc.cluster.local.
 */
export interface BackendReference {
  /**
   * The API group of the kind. Empty for a Service.
   */
  group?: string;
  /**
   * The kind that is referred to.
   */
  kind?: string;
  /**
   * The Service's name.
   */
  name: string;
  /**
   * The Service's namespace. Without it, the LLMRoute's own.
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
    status: { type: "object", properties: { status: { type: "string" } } },
  },
};
