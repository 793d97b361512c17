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
