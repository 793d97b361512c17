// No text that comes from outside reaches the terminal with a character that the terminal obeys.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import fc from "fast-check";
import { type AccessRecord, RequestTable } from "../../src/cli/request-table.ts";
import { print, printLine, warn, warnLine } from "../../src/cli/terminal.ts";
import { compile, emitEnvoy, emitIstio } from "../../src/compile.ts";
import { formatDiagnostics } from "../../src/diagnostics.ts";
import { accessLogFields } from "../../src/emit/envoy/access-log.ts";
import { planOf, providerText } from "../support/compile-text.ts";
import { envoyOptions } from "../support/envoy-options.ts";
import { istioOptions } from "../support/istio-options.ts";

// C0 but for the line feed, DEL, C1, line separators, and what changes the direction of text.
// eslint-disable-next-line no-control-regex -- these are what must not come out
const obeyed = /[\0-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const obeyedCharacters = Array.from({ length: 0x2100 }, (_, code) => String.fromCharCode(code))
  .filter((character) => obeyed.test(character) || character === "\n")
  .map((character) => fc.constant(character));

/** Text with some of the characters in it, as names and values have them. */
const hostile = fc
  .array(
    fc.oneof(...obeyedCharacters, fc.constantFrom("a", "\x1b[2J", "\x1b]0;", "é", "ب", "{", '"')),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => parts.join(""));

function assertObeysNothing(shown: string): void {
  assert.doesNotMatch(shown, obeyed);
}

interface Hostile {
  file: string;
  name: string;
  value: string;
}

/** Resources with the texts at every place that takes one. */
function resourcesWith({ name, value }: Hostile): object[] {
  const metadata = { name, namespace: value };
  const openAIConfig = {
    model: value,
    apiKey: value,
    auth: { header: name, prefix: value },
    parameters: { overrides: { [name]: value }, limits: { [value]: 1 }, remove: [name] },
    models: { allow: [value], aliases: { [name]: value } },
    [name]: value,
  };
  const apiVersion = "istio.alibabacloud.com/v1beta1";
  const configs = { defaultConfig: { openAIConfig }, routeSpecificConfigs: { [name]: {} } };
  const matches = [{ headers: { [name]: { exact: value, regex: name } }, gateways: [name] }];
  const rules = [{ name, matches, backendRefs: [{ providerHost: value }] }];
  return [
    { apiVersion, kind: "LLMProvider", metadata, spec: { host: value, path: name, configs } },
    { apiVersion, kind: "LLMRoute", metadata, spec: { host: name, gateways: [value], rules } },
    { apiVersion, kind: name, metadata },
  ];
}

const hostileInput = fc.record({ file: hostile, name: hostile, value: hostile });

test("diagnostics hold no character that a terminal obeys, and no line feed of the input", () => {
  fc.assert(
    fc.property(hostileInput, (input) => {
      const texts = [
        ...resourcesWith(input).map((resource) => JSON.stringify(resource)),
        input.value,
        `${providerText("{model: qwen}")}# ${input.value}`,
      ];
      for (const text of texts) {
        const { diagnostics } = compile([{ file: input.file, text }], "istio");
        for (const diagnostic of diagnostics) {
          const shown = formatDiagnostics([diagnostic]);
          assertObeysNothing(shown);
          const lines = diagnostic.excerpt === undefined ? 1 : 3;
          assert.equal(shown.split("\n").length - 1, lines, shown);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test("diagnostics of live objects hold no character that a terminal obeys", () => {
  fc.assert(
    fc.property(hostile, hostile, (name, message) => {
      const resource = { kind: "LLMProvider", namespace: name, name };
      const shown = formatDiagnostics([
        { code: "invalid_host", severity: "error", resource, path: name, message },
      ]);
      assertObeysNothing(shown);
      assert.equal(shown.split("\n").length, 2);
    }),
  );
});

test("the table of requests holds no character that a terminal obeys, and no line feed of a client", () => {
  const nothing = Object.fromEntries(Object.keys(accessLogFields).map((name) => [name, null]));
  fc.assert(
    fc.property(hostile, hostile, (model, route) => {
      const record: Partial<AccessRecord> = {
        start_time: "2026-11-23T15:17:57.737Z",
        request_model: model,
        route_name: route,
        response_code_details: model,
        llm_outcome: route,
      };
      const table = new RequestTable(planOf(providerText("{apiKey: '${KEY}'}")));
      const rows = table.toLines(JSON.stringify({ ...nothing, ...record }));
      const shown = written(() => rows.forEach(printLine));
      assertObeysNothing(shown);
      assert.equal(shown.split("\n").length, 3);
    }),
  );
});

test("every writer escapes what a terminal obeys, and leaves the rest", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      for (const write of [print, warn, printLine, warnLine]) {
        assertObeysNothing(written(() => write(text)));
      }
    }),
  );
  assert.equal(
    written(() => print("é ب 速い\nb")),
    "é ب 速い\nb",
  );
  assert.equal(
    written(() => printLine("a\x1b[2J\u0085\u202e\n")),
    "a\\u001b[2J\\u0085\\u202e\\u000a\n",
  );
});

test("rendered YAML holds no character that a terminal obeys, and is printed as it is", () => {
  fc.assert(
    fc.property(hostile, (value) => {
      const config = `{model: ${JSON.stringify(value)}, apiKey: "\${KEY}"}`;
      const { plan } = compile([{ file: "a", text: providerText(config) }], "any");
      if (plan === undefined) return;
      for (const yaml of [emitEnvoy(plan, envoyOptions()), emitIstio(plan, istioOptions())]) {
        assertObeysNothing(yaml);
        assert.equal(
          written(() => print(yaml)),
          yaml,
        );
      }
    }),
  );
});

/** What `act` writes to standard output and standard error. */
function written(act: () => void): string {
  let shown = "";
  const streams = [process.stdout, process.stderr];
  const originals = streams.map((stream) => stream.write.bind(stream));
  for (const stream of streams) {
    stream.write = (text: string | Uint8Array) => {
      shown += String(text);
      return true;
    };
  }
  try {
    act();
  } finally {
    streams.forEach((stream, index) => (stream.write = originals[index]!));
  }
  return shown;
}

let folder: string;
before(() => (folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"))));
after(() => rmSync(folder, { recursive: true }));

const title = "\x1b]0;title\x07\u009b2J\u202e";
const commands: [string, () => string[]][] = [
  ["the name of a file", () => ["validate", join(folder, `${title}.yaml`)]],
  ["the name of a folder", () => ["validate", join(folder, `none${title}`)]],
  ["an unknown command", () => [title]],
  ["an unknown option", () => ["validate", `--${title}`, folder]],
  ["an option's value", () => ["run", "--listen", title, folder]],
  ["an upstream", () => ["render", "--target", "envoy", "--upstream", `${title}=http://a`, folder]],
  ["a module", () => ["run", "--wasm", title, "examples/quickstart"]],
  ["an address of the mock", () => ["mock", "--host", title]],
  ["a folder of an image", () => ["image", `/dev/null/${title}`, "--wasm", title]],
];

for (const [what, words] of commands) {
  test(`the command line writes nothing that a terminal obeys: ${what}`, async () => {
    writeFileSync(join(folder, `${title}.yaml`), "a: [");
    const shown = await outputOf(words());
    assert.match(shown, /title|Usage|No|no/);
    assertObeysNothing(shown);
  });
}

function outputOf(words: string[]): Promise<string> {
  const command = ["--import", "tsx", "src/cli/main.ts", ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, command, (_, stdout, stderr) => resolve(stdout + stderr));
  });
}
