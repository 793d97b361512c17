// The forms of the objects that are read back. Anybody with rights for Istio's resources may have
// edited one, or may have forged it: what has another form than the controller writes is not read, so
// that one object can't stop the work for all. Pure.
import { Ajv } from "ajv";

const text = { type: "string" };
const texts = { type: "array", items: text };
const mapping = { type: "object", additionalProperties: text };
const listOf = (items: object): object => ({ type: "array", items });
const oneOrMore = (items: object): object => ({ ...listOf(items), minItems: 1 });
const exactly = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  ...{ type: "object", required: Object.keys(required) },
  properties: { ...required, ...optional },
});

const host = { type: "string", pattern: "^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$" };
const cluster = { type: "string", pattern: "^outbound\\|[0-9]{1,5}\\|[a-z-]*\\|[a-z0-9.-]+$" };

const key = { type: "object", properties: { apiKey: text, apiKeySecretRef: text } };
const settings = {
  type: "object",
  properties: { ...key.properties, apiKeys: listOf(key) },
};
const route = exactly({ name: text, settings }, { virtualServices: texts });
const provider = exactly(
  {
    name: { type: "string", pattern: "^[^/]+/[^/]+$" },
    ...{ clusters: oneOrMore(cluster), path: text },
    ...{ settings, routes: listOf(route) },
  },
  {
    ...{ endpoints: { type: "integer" }, removedHeaders: texts },
    ...{ setHeaders: mapping, secretHeaders: mapping, defaultHeaders: mapping },
  },
);
const pluginSpec = exactly(
  {
    pluginConfig: exactly(
      { authorities: texts, unservedClusters: texts, providers: listOf(provider) },
      { endpoints: listOf(texts) },
    ),
  },
  {
    selector: { type: "object", properties: { matchLabels: mapping } },
    vmConfig: { type: "object", properties: { env: listOf(exactly({ name: text })) } },
  },
);

const match = {
  type: "object",
  properties: {
    ...{ gateways: texts, sourceLabels: mapping },
    headers: { type: "object", additionalProperties: mapping },
  },
};
const destination = exactly({ host, port: exactly({ number: { type: "integer" } }) });
const routeSpec = exactly(
  { hosts: oneOrMore(host) },
  {
    gateways: texts,
    http: listOf({
      type: "object",
      properties: {
        ...{ name: text, match: oneOrMore(match) },
        route: listOf(exactly({ destination }, { weight: { type: "integer" } })),
      },
    }),
  },
);

const seconds = { type: "string", pattern: "^[0-9.]+s$" };
const subset = exactly({
  trafficPolicy: exactly({
    tls: exactly({}, { caCertificates: text }),
    connectionPool: exactly({
      tcp: exactly({ connectTimeout: seconds, tcpKeepalive: exactly({ time: seconds }) }),
      http: exactly({ idleTimeout: seconds }, { h2UpgradePolicy: text }),
    }),
  }),
});
const ruleSpec = exactly({ subsets: oneOrMore(subset) });

const patched = (value: Record<string, object>) =>
  exactly({ patch: exactly({ value: exactly(value) }) });
const proxyAddress = exactly({
  socket_address: exactly({ address: host, port_value: { type: "integer" } }),
});
const header = exactly({ header: exactly({ value: text }) });
const tcpProxy = exactly({
  tunneling_config: exactly({}, { headers_to_add: oneOrMore(header) }),
});
/** Of a tunnel: its first patches are the proxy's cluster and the listener. */
const tunnelSpec = exactly({
  configPatches: {
    ...{ type: "array", minItems: 2 },
    items: [
      patched({
        load_assignment: exactly({
          endpoints: oneOrMore(
            exactly({
              lb_endpoints: oneOrMore(exactly({ endpoint: exactly({ address: proxyAddress }) })),
            }),
          ),
        }),
      }),
      patched({
        filter_chains: oneOrMore(
          exactly({ filters: oneOrMore(exactly({ typed_config: tcpProxy })) }),
        ),
      }),
    ],
  },
});

const ajv = new Ajv({
  ...{ meta: false, validateSchema: false, strict: false, code: { optimize: false } },
});

/** Whether what is to be read of an object's `spec` is there, and of the types that it should be. */
export const formChecks = {
  WasmPlugin: ajv.compile(pluginSpec),
  VirtualService: ajv.compile(routeSpec),
  DestinationRule: ajv.compile(ruleSpec),
  EnvoyFilter: ajv.compile(tunnelSpec),
};

// The controller's own objects have less than ten levels.
const mostLevels = 32;

/** Whether a value is nested no more deeply than any object that the controller writes. */
export function isFlat(value: unknown, levels = mostLevels): boolean {
  if (typeof value !== "object" || value === null) return true;
  return levels > 0 && Object.values(value).every((inner) => isFlat(inner, levels - 1));
}
