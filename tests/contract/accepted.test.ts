// The built module accepts whatever `validate` accepts. Random resources are compiled, and the
// result is passed to the module.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { compile } from "../../src/compile.ts";
import { hasErrors } from "../../src/diagnostics.ts";
import { toPluginConfig } from "../../src/plan/to-plugin-config.ts";
import { CONTINUE, type HeaderList, WasmHost } from "../support/wasm-host.ts";

const runs = { numRuns: 800 };

// Mostly valid texts, so that whole resources are accepted, mixed with any other texts.
const often = <Value>(...values: Value[]) => fc.constantFrom(...values);
const text = fc.oneof(
  { weight: 4, arbitrary: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 12 }) },
  {
    weight: 1,
    arbitrary: often("", " ", "Clé ", "a\u0000", "a\tb", "\ud800", "\u2028", "${", "ſ"),
  },
);
const mostly = <Value>(usual: Value[], other: fc.Arbitrary<Value>) =>
  fc.oneof({ weight: 20, arbitrary: often(...usual) }, { weight: 1, arbitrary: other });

const deep = fc.integer({ min: 500, max: 520 }).map((levels) => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
});
const json = fc.oneof(
  { weight: 30, arbitrary: fc.jsonValue({ maxDepth: 3, stringUnit: "binary" }) },
  { weight: 1, arbitrary: deep },
);
const memberName = mostly(
  ["top_k", "seed", "max_tokens", "max_completion_tokens", "n", "a-b", "stop", "user"],
  fc.oneof(text, often("_", "-", ".", "a".repeat(64), "a".repeat(65), "Model", "stream_options")),
);
const number = mostly([1, 0.5, -2, 1e-7, 2 ** 60], fc.oneof(fc.integer(), fc.double()));
const optional = { requiredKeys: [] };
const managed = {
  defaults: fc.dictionary(memberName, json, { maxKeys: 1 }),
  overrides: fc.dictionary(memberName, json, { maxKeys: 2 }),
  limits: fc.dictionary(memberName, number, { maxKeys: 1 }),
  remove: fc.array(memberName, { maxLength: 1 }),
};
const glob = mostly(["o3*", "O3*", "gpt-?", "*", "模型"], text);
const byModel = fc.dictionary(glob, fc.record(managed, optional), { maxKeys: 2 });
const parameters = fc.record(
  { ...managed, models: fc.oneof(fc.constant(undefined), byModel) },
  optional,
);
const headerName = mostly(
  ["api-key", "X-Key", "x_key", "x.key", "x-tenant_key", "!#$%&'*+.^`|~"],
  text,
);
const auth = fc.record(
  {
    header: headerName,
    prefix: mostly(["", "Bearer ", "Key "], text),
  },
  optional,
);
const models = fc.record(
  {
    allow: fc.array(mostly(["qwen-*", "gpt-?", "a"], text), { maxLength: 3 }),
    aliases: fc.dictionary(mostly(["fast", "速い"], text), mostly(["qwen"], text), { maxKeys: 2 }),
  },
  optional,
);
const secretRef = fc.record(
  {
    name: mostly(["openai", "a.b-c"], text),
    key: mostly(["api-key", "A_b.c"], text),
  },
  { requiredKeys: ["name", "key"] },
);
const key = fc.oneof(
  fc.record({ env: mostly(["API_KEY", "_K2"], often("1A", "")) }),
  fc.record({ secretRef }),
);
const openAIConfig = fc.record(
  {
    model: mostly(["qwen", "模型"], text),
    stream: fc.boolean(),
    streamMismatch: often("Refuse", "Override"),
    apiKey: mostly(["${API_KEY}", " ${_K2}\n", "sk-1"], fc.oneof(text, often("sk-clé", "${1A}"))),
    apiKeySecretRef: mostly([undefined], secretRef),
    apiKeys: mostly([undefined], fc.array(key, { maxLength: 3 })),
    auth,
    parameters,
    models,
    usage: often("Auto", "Off"),
    maxRequestBytes: mostly([1, 10_000, 2 ** 53 - 1], fc.oneof(fc.integer(), fc.double())),
  },
  optional,
);
const path = mostly(["/v1/chat/completions", "/a?b=c&d", "/x%20", "/"], text);
const endpoint = fc.record(
  {
    path: mostly(["/a/*:b", "/api/**", "/*"], text),
    methods: fc.array(mostly(["GET", "PUT"], text), { maxLength: 2 }),
  },
  { requiredKeys: ["path"] },
);
const spec = fc.record(
  {
    path,
    remove: fc.array(headerName, { maxLength: 2 }),
    set: fc.dictionary(headerName, mostly(["a", " ${TAG}"], text), { maxKeys: 1 }),
    setSecretRefs: fc.dictionary(headerName, secretRef, { maxKeys: 1 }),
    endpoints: fc.uniqueArray(mostly<unknown>(["chat", "messages", "audio"], endpoint), {
      ...{ minLength: 1, maxLength: 3 },
    }),
    config: openAIConfig,
    ruleConfig: openAIConfig,
    rule: mostly(["r", "规则 1"], text),
  },
  { requiredKeys: ["rule"] },
);

type Spec = typeof spec extends fc.Arbitrary<infer Value> ? Value : never;
type Matches = { headers: Record<string, { exact: string }> }[];

const apiVersion = "istio.alibabacloud.com/v1beta1";
const backendRefs = [{ providerHost: "a.example" }];

function compiled(
  { path, remove, set, setSecretRefs, endpoints, config, ruleConfig, rule }: Spec,
  matches: Matches = [],
) {
  const specific = ruleConfig && { [rule]: { openAIConfig: ruleConfig } };
  const provider = {
    ...{ apiVersion, kind: "LLMProvider", metadata: { name: "a" } },
    spec: {
      ...{ host: "a.example", path, endpoints, headers: { remove, set, setSecretRefs } },
      configs: {
        defaultConfig: config && { openAIConfig: config },
        routeSpecificConfigs: specific,
      },
    },
  };
  const rules = [
    { name: rule, ...(matches.length > 0 ? { matches } : {}), backendRefs },
    ...(matches.length > 0 ? [{ name: "rest", backendRefs }] : []),
  ];
  const route = {
    ...{
      apiVersion,
      kind: "LLMRoute",
      metadata: { name: "a" },
      spec: { host: "a.example", rules },
    },
  };
  const sources = [provider, route].map((value, index) => ({
    file: `${index}.json`,
    text: JSON.stringify(value),
  }));
  return compile(sources, "any");
}

const clustersOf = () => ["cluster"];
const context = {
  ...{ clustersOf, unservedClusters: [], ownAuthorities: [], maxSources: 200, maxModels: 50 },
  keyCluster: "keys",
};
const env = { API_KEY: "sk-0", TAG: "t", _K2: "sk-2" };

describe("random resources", () => {
  it("are decoded without a fault if they are accepted, and refused with a position otherwise", () => {
    let accepted = 0;
    fc.assert(
      fc.property(spec, (value) => {
        const { diagnostics, plan } = compiled(value);
        if (plan === undefined) {
          assert.ok(hasErrors(diagnostics));
          for (const { line = 0, column = 0 } of diagnostics) assert.ok(line >= 1 && column >= 1);
          return;
        }
        accepted++;
        const config = toPluginConfig(plan, context);
        const host = new WasmHost({ config, env });
        assert.deepEqual([host.accepted, host.logs], [true, []], JSON.stringify(config));
      }),
      runs,
    );
    assert.ok(accepted > runs.numRuns / 10, `${accepted} accepted`);
  });
});

// Spellings that Envoy, the filter or a provider treats as the same header.
function spellings(name: string): string[] {
  const lower = name.toLowerCase();
  return [lower, lower.replaceAll("-", "_"), lower.replaceAll("_", "-")];
}

describe("a header that an accepted route matches on", () => {
  const name = often(
    ...["x-tenant", "x-tenant_key", "x_tenant_key", "x-tenant-key", "X-Tenant-Key", "api_key"],
    ...["authorization", "cookie", "x-real_ip", "X_Envoy_Foo", "x-envoy_foo", "content_type"],
    ...["x.key", "x-key", "x_key", "Api-Key", "accept_encoding"],
  );

  it("reaches the provider unchanged", () => {
    let accepted = 0;
    fc.assert(
      fc.property(name, name, name, (header, removed, matched) => {
        const config = { apiKey: "sk-1", auth: { header } };
        const matches = [{ headers: { [matched]: { exact: "v" } } }];
        const { plan } = compiled({ rule: "r", config, remove: [removed] }, matches);
        if (plan === undefined) return;
        accepted++;
        const plugin = toPluginConfig(plan, context);
        const host = new WasmHost({ config: plugin });
        for (const spelling of spellings(matched)) {
          const sent: HeaderList = [
            ...([
              [":method", "POST"],
              [":path", "/"],
              [":authority", "a.example"],
            ] as HeaderList),
            [spelling, "v"],
          ];
          const stream = host.stream("cluster", "r");
          assert.equal(stream.headers(sent, false), CONTINUE);
          const values = stream.requestHeaders.filter(([name]) => name === spelling);
          assert.deepEqual(values, [[spelling, "v"]], `${header}, ${removed} and ${matched}`);
        }
      }),
      { numRuns: 600 },
    );
    assert.ok(accepted > 60, `${accepted} accepted`);
  });
});
