// All errors of a file are reported at once, and each fault once.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatPath } from "../../src/diagnostics.ts";
import { compileText } from "../support/compile-text.ts";

const provider = `
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: a}
spec:
  host: api.openai.com
  configs:
    defaultConfig:
      openAIConfig: {model: m, apiKey: "\${KEY}"}
    routeSpecificConfigs:
      chat: {}
---
apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMRoute
metadata: {name: a}
spec:
  host: api.openai.com
  rules:
    - name: chat
      backendRefs:
        - providerHost: api.openai.com
`;

/** The codes, with the paths, of the text after some replacements. */
function faultsOf(...changes: [from: string, to: string][]): string[] {
  const text = changes.reduce((result, [from, to]) => {
    assert.ok(result.includes(from), from);
    return result.replace(from, to);
  }, provider);
  const { diagnostics } = compileText(text);
  return diagnostics.map(({ code, path }) => `${code} ${path}`).sort();
}

test("errors of the schema, of the rules and between resources come together", () => {
  assert.deepEqual(faultsOf(), []);
  const found = faultsOf(
    ["{model: m", "{modle: m, stream: 1"],
    ["      chat: {}", "      caht: {}"],
    ["api.openai.com\n  rules", "API.openai.com\n  rules"],
    ["providerHost: api.openai.com", "providerHost: api.opneai.com"],
    ["kind: LLMRoute\nmetadata: {name: a}", "kind: LLMRoute\nmetadata: {name: a, namespace: A_B}"],
  );
  const config = "spec.configs.defaultConfig.openAIConfig";
  assert.deepEqual(found, [
    "invalid_host spec.host",
    "invalid_name metadata.namespace",
    `invalid_type ${config}.stream`,
    "unknown_field spec.configs.defaultConfig.openAIConfig.modle",
    "unknown_provider spec.rules[0].backendRefs[0].providerHost",
    "unknown_rule spec.configs.routeSpecificConfigs.caht",
  ]);
});

test("what is missing only because it is misspelled or mistyped is not reported again", () => {
  const backend = formatPath(["spec", "rules", 0, "backendRefs", 0]);
  assert.deepEqual(faultsOf(["providerHost: api", "providerHots: api"]), [
    `unknown_field ${backend}.providerHots`,
  ]);
  assert.deepEqual(faultsOf(["providerHost: api.openai.com", "providerHost: 1"]), [
    `invalid_type ${backend}.providerHost`,
  ]);
});

test("without what a resource can't do without, only its schema's errors are reported", () => {
  assert.deepEqual(faultsOf(["- name: chat", "- nmae: chat"]), [
    "missing_field spec.rules[0]",
    "unknown_field spec.rules[0].nmae",
  ]);
});

test("a duplicate key does not hide the document's other errors", () => {
  const found = faultsOf(
    ["  host: api", "  host: x.example\n  host: api"],
    ["{model: m", "{modle: m"],
  );
  assert.deepEqual(found, [
    "duplicate_key ",
    "unknown_field spec.configs.defaultConfig.openAIConfig.modle",
  ]);
});

const yamlFaults: [name: string, from: string, to: string, line: number][] = [
  ["an indentation that is off", "  host: api", " host: api", 6],
  ["a tab", "  host: api", "\thost: api", 6],
  ["a bracket that is not closed", "configs:", "configs: {a: [b", 7],
  ["a quote that is not closed", "host: api", 'host: "api', 6],
  ["a colon that is missing", "host: api", "host api", 6],
];

for (const [name, from, to, line] of yamlFaults) {
  test(`one YAML fault is one error: ${name}`, () => {
    const { diagnostics } = compileText(provider.replace(from, to));
    assert.deepEqual(
      diagnostics.map((each) => [each.code, each.line]),
      [["yaml_syntax", line]],
    );
  });
}

test("a misspelled field, host, rule, kind or value has a suggestion", () => {
  const messagesOf = (from: string, to: string) =>
    compileText(provider.replace(from, to)).diagnostics.map(
      ({ message, known = "" }) => `${message}${known}`,
    );
  const cases: [from: string, to: string, meant: string][] = [
    ["{model: m", "{modle: m", "model"],
    ["providerHost: api.openai.com", "providerHost: api.opneai.com", "api.openai.com"],
    ["      chat: {}", "      caht: {}", "chat"],
    ["kind: LLMProvider", "kind: LLMProvidr", "LLMProvider"],
    ["{model: m", "{model: m, usage: auto", "Auto"],
  ];
  for (const [from, to, meant] of cases) {
    const messages = messagesOf(from, to);
    assert.ok(
      messages.some((each) => each.endsWith(`; did you mean ${meant}?`)),
      messages.join("\n"),
    );
  }
  assert.ok(!messagesOf("{model: m", "{quite_other: m").join().includes("did you mean"));
});
