// Which parts of a resource a diagnostic may show. A list of what is harmless, as nobody can list
// how a key may be misspelled: what is not in it, such as an unknown field, is not shown.

/**
 * A scalar, one that is too small for a key, the fields of a mapping by name, or what each field or
 * item is.
 */
export type Shown = "value" | "small" | { fields: Record<string, Shown> } | { each: Shown };

const values: Shown = { each: "value" };
const members: Shown = { each: "small" };

const parameters = { defaults: members, overrides: members, limits: members, remove: values };

/** Not the entry, as somebody may take `key` for the key itself. */
const secretRef: Shown = { fields: { name: "value" } };

/** Not the credential. */
const config: Shown = {
  fields: {
    openAIConfig: {
      fields: {
        model: "value",
        stream: "value",
        streamMismatch: "value",
        parameters: { fields: { ...parameters, models: { each: { fields: parameters } } } },
        models: { fields: { allow: values, aliases: values, list: "value" } },
        apiKeySecretRef: secretRef,
        apiKeys: { each: { fields: { secretRef } } },
        usage: "value",
        maxRequestBytes: "value",
      },
    },
  },
};

/** Not the path, whose query may hold a key. */
const provider: Record<string, Shown> = {
  workloadSelector: { fields: { labels: values } },
  host: "value",
  port: "value",
  tls: { fields: { mode: "value" } },
  connection: {
    fields: {
      idleTimeout: "value",
      connectTimeout: "value",
      keepalive: "value",
      http2: "value",
      proxy: { fields: { host: "value", port: "value" } },
    },
  },
  endpoints: { each: { fields: { methods: values } } },
  headers: { fields: { remove: values, setSecretRefs: { each: secretRef } } },
  configs: { fields: { defaultConfig: config, routeSpecificConfigs: { each: config } } },
};

const match: Shown = {
  // A match may be on a header that holds a credential: the names of headers are shown alone.
  fields: { headers: { each: { fields: {} } }, sourceLabels: values, gateways: values },
};

const backend: Shown = {
  fields: {
    providerHost: "value",
    backendRef: { fields: { name: "value", namespace: "value" } },
    weight: "value",
  },
};

/** Of an AuthorizationPolicy. */
const operation: Shown = {
  fields: { operation: { fields: { hosts: values, notHosts: values } } },
};

const route: Record<string, Shown> = {
  gateways: values,
  rules: {
    each: {
      fields: {
        name: "value",
        matches: { each: match },
        backendRefs: { each: backend },
        to: { each: operation },
      },
    },
  },
};

const resource: Record<string, Shown> = {
  apiVersion: "value",
  kind: "value",
  metadata: { fields: { name: "value", namespace: "value" } },
  spec: { fields: { ...provider, ...route, hosts: values } },
};

/** What is shown of a document, of whatever kind. */
export const shownFields: Shown = {
  fields: { ...resource, items: { each: { fields: resource } } },
};

/** What is shown of the field or item at `step`; undefined if nothing is. */
export function shownAt(shown: Shown, step: string | number): Shown | undefined {
  if (typeof shown === "string") return undefined;
  if ("each" in shown) return shown.each;
  return Object.hasOwn(shown.fields, step) ? shown.fields[step] : undefined;
}

/**
 * Whether the name of an unknown field is shown: a few letters. It may be a whole `apiKey:sk-…`
 * that lacks a space.
 */
export function isFieldName(name: string): boolean {
  return /^[A-Za-z_]{0,32}$/.test(name);
}

/** Whether a scalar with this source text is shown. */
export function isShownScalar(shown: Shown, source: string): boolean {
  if (shown === "value") return isShownName(source);
  return (
    shown === "small" && /^(?:[-+]?[\d.]{1,6}|[-+]?\.(?:inf|nan)|true|false|null)$/i.test(source)
  );
}

/**
 * Whether a name that the author of a resource has chosen is shown: one word. A sentence may be a
 * field that lost its colon.
 */
export function isShownName(source: string): boolean {
  return source.length <= 100 && /^["']?[^\s"'=,]*["']?$/.test(source) && !secretText.test(source);
}

const secretText = /api.?key|secret|passw|credential|authorization|bearer|\b[sp]k-/i;
