import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDiagnostics } from "../../src/diagnostics.ts";
import { compileText } from "../support/compile-text.ts";

const key = "fake-4f9a1c77e0";

/** Ways to write a literal key: each is followed by faults, so that lines around it are shown. */
const spellings = [
  `{apiKey: ${key}, modle: x, stream: 1}`,
  `{"apiKey": "${key}", modle: x}`,
  `{apiKey: "${key} \${x}", modle: x}`,
  `{apiKey: "${key}\\t", modle: x}`,
  `{apiKey: [${key}], modle: x}`,
  `{apiKey: {value: ${key}}, modle: x}`,
  `{apikey: ${key}, modle: x}`,
  `{api_key: ${key}, modle: x}`,
  `{apiKey: !tag ${key}, modle: x}`,
  `{apiKey: "a
          ${key}", modle: x}`,
  `
        apiKey: |
          ${key}\u0001
        modle: x`,
  `
        apiKey:
          - ${key}
        modle: x`,
  `
        modle: &anchor ${key}
        apiKey: *anchor`,
  `
        apiKey: ${key}
        apiKey: ${key}`,
  `{apiKey: ${key}`,
  `{apiKey: "${key}}`,
  `{apiKey: '${key}''}`,
  `{apiKey: ${key} ]`,
  `{modle: x} # apiKey: ${key}`,
  `{auth: {prefix: "Bearer ${key}\\n"}, modle: x}`,
  `
        apiKey: ${key}
       modle: x`,
];

function providerWith(config: string): string {
  return `apiVersion: istio.alibabacloud.com/v1beta1
kind: LLMProvider
metadata: {name: a}
spec:
  host: A.example
  configs:
    defaultConfig:
      openAIConfig: ${config}
`;
}

function assertSecret(text: string, secret: string): void {
  const { diagnostics } = compileText(text);
  assert.ok(diagnostics.length > 0, text);
  for (const shown of [JSON.stringify(diagnostics), formatDiagnostics(diagnostics)]) {
    assert.ok(!shown.includes(secret), `${text}\n\n${shown}`);
  }
}

test("no diagnostic holds a literal key, however it is written", () => {
  for (const spelling of spellings) assertSecret(providerWith(spelling), key);
});

/** Fields that people take for `apiKey`, and other places that a key may get to. */
const misspellings = [
  ...["apiKye", "apikey", "api-key", "API_KEY", "key", "token", "Token", "access_token", "bearer"],
  ...["authToken", "auth_token", "secret", "password", "passwd", "credential", "credentials"],
  ...["authorization", "Authorization", "auth", "value", "openaiKey", "sk", "apiKeys", "apiToken"],
  ...["ak", "accessKey", "x-api-key", "OPENAI_API_KEY", "literal", "modle", "organization", "url"],
];

const misplacements = [
  `{apiKye: {value: KEY}}`,
  `{auth: {token: KEY}}`,
  `{auth: {heder: KEY}}`,
  `{auth: {header: "KEY KEY"}}`,
  `{auth: {header: [KEY]}}`,
  `{auth: {header: X, prefix: "\${KEY}", value: KEY}}`,
  `{auth: KEY}`,
  `{models: KEY}`,
  `{models: {allow: KEY}}`,
  `{models: {allow: [a, {b: KEY}]}}`,
  `{parameters: {defaults: {token: KEY, "b d": 1}}}`,
  `{parameters: {overrides: {api_key: KEY, stream: KEY}}}`,
  `{parameters: {overrides: {extra: {auth: KEY}, "b d": 1}}}`,
  `{parameters: {limits: {token: KEY}}}`,
  `{parameters: {remove: KEY}}`,
  `{apiKey:KEY, modle: x}`,
  `{apiKey KEY, modle: x}`,
  `{"apiKey": x, "apiKey KEY": 1, "apiKey KEY": 1}`,
  `{model: "qwen apiKey KEY", modle: x}`,
  `{model: qwen
         apiKey KEY, modle: x}`,
  `[apiKey, KEY]`,
  `KEY`,
  `
        model: qwen # KEY
        modle: x`,
  `
        model: [qwen] # KEY`,
  `
        - KEY`,
  `&KEY {modle: x}`,
  `!<KEY> {modle: x}`,
];

test("no diagnostic holds a key under a misspelled name, or at another place", () => {
  const named = misspellings.flatMap((name) => [
    `{${name}: KEY}`,
    `{${name}: KEY, model: 1, stream: 1}`,
    `{"${name}": ["KEY"]}`,
    `{apiKey: {${name}: KEY}}`,
    `{auth: {${name}: KEY, header: "a b"}}`,
    `{parameters: {overrides: {${name}: KEY, stream: 1}, limits: {${name}: KEY}}}`,
    `
        ${name}: |
          KEY
        stream: 1`,
    `
        ${name}:
          KEY
        stream: 1`,
  ]);
  for (const text of [...named, ...misplacements]) {
    for (const value of [key, "4f9a1c77e04f9a1c"]) {
      assertSecret(providerWith(text.replaceAll(/\bKEY\b/g, value)), value);
    }
  }
});

test("no diagnostic holds a key under any field that is not known", () => {
  const name = fc.string({ unit: fc.constantFrom(..."aekpiyKT_-. "), minLength: 1, maxLength: 9 });
  const known = ["model", "usage", "stream"];
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 3 }), fc.nat(2), (names, extra) => {
      fc.pre(!known.includes(names[0]!.trim()));
      const value = names.reduceRight<unknown>((inner, each) => ({ [each]: inner }), key);
      const config = { ...(value as object), [known[extra]!]: [1] };
      assertSecret(providerWith(JSON.stringify(config)), key);
      const spec = { host: "A.example", ...(value as object) };
      assertSecret(JSON.stringify({ ...header, spec }, null, 2), key);
      assertSecret(JSON.stringify({ ...header, ...(value as object) }), key);
    }),
    { numRuns: 500 },
  );
});

const header = {
  apiVersion: "istio.alibabacloud.com/v1beta1",
  kind: "LLMProvider",
  metadata: { name: "a" },
};

test("a line of known fields is shown", () => {
  const { diagnostics } = compileText(providerWith("{stream: 1, model: qwen}"));
  const excerpts = diagnostics.map(({ excerpt }) => excerpt);
  const lines = ["      openAIConfig: {stream: 1, model: qwen}", "  host: A.example"];
  assert.deepEqual(excerpts, lines);
});

test("no diagnostic holds a literal key that is a number", () => {
  assertSecret(providerWith("{apiKey: 4815162342, modle: x}"), "4815162342");
});

const brokenText = providerWith(`
        model: qwen
        apiKey: ${key}
        stream: false
        parameters: {defaults: {n: 1}, limits: {n: 0}}`);

const damage = fc.record({
  at: fc.nat(brokenText.length),
  removed: fc.nat(5),
  added: fc.constantFrom(
    "",
    "x",
    "{",
    "}",
    "[",
    "]",
    '"',
    "'",
    "\n",
    ":",
    " ",
    "\t",
    "*",
    "&",
    "#",
    "- ",
  ),
});

test("no diagnostic holds a literal key, whatever is broken around it", () => {
  fc.assert(
    fc.property(fc.array(damage, { maxLength: 3 }), (damages) => {
      const damaged = damages.reduce(
        (current, { at, removed, added }) =>
          current.slice(0, at) + added + current.slice(at + removed),
        brokenText,
      );
      // A key that is cut into pieces is none any more; one that lost the field's name can't be known.
      fc.pre(damaged.includes(`apiKey: ${key}`));
      const shown = formatDiagnostics(compileText(damaged).diagnostics);
      assert.ok(!shown.includes(key), shown);
    }),
    { numRuns: 2000 },
  );
});
