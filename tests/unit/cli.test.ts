import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import type { Log, Result, Run } from "sarif";
import { recipes } from "../../src/api/recipes.ts";
import { addUpstream, parseAddress } from "../../src/cli/envoy-options.ts";
import { initialResources } from "../../src/cli/init.ts";
import { llmEgress, runCli } from "../support/cli.ts";
import { compileText } from "../support/compile-text.ts";

test("valid resources exit with 0", async () => {
  const { code, stdout, stderr } = await llmEgress("validate", "examples/quickstart");
  assert.equal(stderr, "");
  assert.equal(stdout, "valid: LLMProviders 1, LLMRoutes 1\n");
  assert.equal(code, 0);
});

test("a directory is read at any depth, and the bootstrap printed", async () => {
  const { code, stdout } = await llmEgress("render", "--target", "envoy", "examples/quickstart");
  assert.equal(code, 0);
  assert.match(stdout, /^node:\n/);
});

test("Istio's resources are printed with what is left to do", async () => {
  const url = `oci://registry.example/llm-egress@sha256:${"0".repeat(64)}`;
  const words = ["render", "--target", "istio", "--wasm-url", url, "examples/egress-gateway"];
  const { code, stdout, stderr } = await llmEgress(...words);
  assert.equal(code, 0);
  assert.match(stderr, /note: .*API_KEY.*secretKeyRef/);
  assert.deepEqual(
    [...stdout.matchAll(/^kind: (.*)$/gm)].map(([, kind]) => kind),
    ["DestinationRule", "ServiceEntry", "WasmPlugin", "VirtualService"],
  );
  assert.ok(stdout.includes(`url: "${url}"`));
});

test("with an error nothing is printed on standard output, and all errors on standard error", async () => {
  const folder = "tests/golden/invalid/provider-address";
  const { code, stdout, stderr } = await llmEgress("render", "--target", "envoy", folder);
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^tests\/golden\/invalid\/provider-address\/input.yaml:5:9: spec.host: /);
  assert.equal(stderr.match(/^tests/gm)?.length, 6);
});

test("a file that is no text is an error in the input", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const file = join(folder, "binary.yaml");
  writeFileSync(file, Buffer.from([0xff, 0xfe, 0x00]));
  const { code, stderr } = await llmEgress("validate", file, "examples/quickstart");
  assert.equal(code, 1);
  rmSync(folder, { recursive: true });
  assert.equal(stderr, `${file}:1:1: is not UTF-8 text [not_utf8]\n`);
});

test("a pipe, also in a directory, is an error and is not waited for", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const pipe = join(folder, "x.yaml");
  execFileSync("mkfifo", [pipe]);
  for (const path of [pipe, folder]) {
    const { code, stdout, stderr } = await llmEgress("validate", path);
    assert.equal(code, 2);
    assert.equal(stdout, "");
    assert.equal(stderr, `llm-egress: ${pipe} is not a regular file\n`);
  }
  rmSync(folder, { recursive: true });
});

test("input without resources is an error, as a path was probably mistaken", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  writeFileSync(
    join(folder, "other.yaml"),
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}",
  );
  const { code, stdout, stderr } = await llmEgress("validate", folder);
  rmSync(folder, { recursive: true });
  assert.equal(code, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^llm-egress: the input contains no LLMProvider /);
});

const misuses: [string, string[], RegExp][] = [
  ["no command", [], /Usage: llm-egress/],
  ["no path", ["validate"], /missing required argument 'path'/],
  ["a path that does not exist", ["validate", "no-such-file.yaml"], /no such file/],
  ["a directory without resources", ["validate", "docs"], /no \*\.yaml/],
  ["no target", ["render", "examples/quickstart"], /--target/],
  ["an unknown target", ["render", "--target", "x", "examples/quickstart"], /Allowed choices/],
  ["a bad address", ["run", "--listen", "10000", "examples/quickstart"], /127\.0\.0\.1:10000/],
  ["a bad upstream", ["run", "--upstream", "x", "examples/quickstart"], /HOST=URL/],
  [
    "an upstream for no provider",
    ["render", "--target", "envoy", "--upstream", "x=http://y", "examples/quickstart"],
    /no LLMProvider with the host x; the hosts are dashscope\.aliyuncs\.com/,
  ],
  [
    "an upstream for a misspelled provider",
    [
      "render",
      "--target",
      "envoy",
      "--upstream",
      "dashscope.aliyun.com=http://y",
      "examples/quickstart",
    ],
    /; did you mean dashscope\.aliyuncs\.com\?/,
  ],
  [
    "an option of another target",
    ["render", "--target", "istio", "--listen", "127.0.0.1:1", "examples/quickstart"],
    /--listen can only be used with --target envoy/,
  ],
  [
    "a module's URL without a scheme",
    ["render", "--target", "istio", "--wasm-url", "registry/a", "examples/quickstart"],
    /oci:\/\//,
  ],
  [
    "a strategy that lets requests pass",
    ["render", "--target", "istio", "--fail-strategy", "FAIL_OPEN", "examples/quickstart"],
    /Allowed choices are FAIL_RELOAD, FAIL_CLOSE/,
  ],
  ["no module", ["run", "--wasm", "no-such.wasm", "examples/quickstart"], /specify .* with --wasm/],
];

for (const [name, words, message] of misuses) {
  test(`misuse exits with 2: ${name}`, async () => {
    const { code, stdout, stderr } = await llmEgress(...words);
    assert.equal(code, 2, stderr);
    assert.equal(stdout, "");
    assert.match(stderr, message);
  });
}

test("an address is an IP address or localhost, with a port", () => {
  assert.deepEqual(parseAddress("localhost:80"), { host: "127.0.0.1", port: 80 });
  assert.deepEqual(parseAddress("[::1]:80"), { host: "::1", port: 80 });
  for (const text of ["example.com:80", "127.0.0.1", "127.0.0.1:0", "::1:80", "1.2.3.4:70000"]) {
    assert.throws(() => parseAddress(text), /must be an IP address/);
  }
});

test("upstreams gather, with the port that their scheme has", () => {
  const first = addUpstream("A.example=http://127.0.0.1:8081", new Map());
  const both = addUpstream("b.example=https://proxy.example", first);
  assert.deepEqual(
    [...both],
    [
      ["a.example", { host: "127.0.0.1", port: 8081, tls: false }],
      ["b.example", { host: "proxy.example", port: 443, tls: true }],
    ],
  );
  for (const text of ["a", "=http://b", "a=ftp://b", "a=http://b/path", "a=http://u:p@b"]) {
    assert.throws(() => addUpstream(text, new Map()), /HOST=URL/);
  }
});

test("--version is that of the package", async () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  assert.deepEqual(await llmEgress("--version"), { code: 0, stdout: `${version}\n`, stderr: "" });
});

test("- is standard input", async () => {
  const input = "{apiVersion: istio.alibabacloud.com/v1beta1, kind: LLMProvidr}";
  const { code, stderr } = await runCli(["validate", "-"], { input });
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^<stdin>:1:52: kind: must be .*; did you mean LLMProvider\? \[unknown_kind\]\n/,
  );
});

test("--namespace is that of resources without one", async () => {
  const words = ["render", "--target", "istio", "--namespace", "models", "examples/quickstart"];
  const { stdout } = await llmEgress(...words);
  const route = stdout.split("---\n").find((each) => each.includes("kind: VirtualService"));
  assert.match(route ?? "", /^ {2}namespace: "?models"?$/m);
});

test("-o json prints all diagnostics with their code, place and part of the documentation", async () => {
  const file = "tests/golden/invalid/provider-address/input.yaml";
  const { code, stdout, stderr } = await llmEgress("validate", "-o", "json", file);
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
  const result = JSON.parse(stdout) as { valid: boolean; diagnostics: Record<string, unknown>[] };
  assert.equal(result.valid, false);
  const [first] = result.diagnostics;
  const place = { code: "invalid_host", severity: "error", file, line: 5, path: "spec.host" };
  const shown = Object.fromEntries(Object.keys(place).map((name) => [name, first?.[name]]));
  assert.deepEqual(shown, place);
  assert.equal(first?.help, "docs/diagnostics.md#invalid_host");
  const valid = await llmEgress("validate", "-o", "json", "examples/quickstart");
  assert.deepEqual(valid, { code: 0, stdout: '{"valid":true,"diagnostics":[]}\n', stderr: "" });
});

// The types of SARIF's schema hold its form.
test("-o sarif prints them as the results of a linter", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const file = join(folder, "a b.yaml");
  cpSync("tests/golden/invalid/provider-address/input.yaml", file);
  const { code, stdout, stderr } = await llmEgress("validate", "-o", "sarif", file);
  const json = await llmEgress("validate", "-o", "json", file);
  rmSync(folder, { recursive: true });
  assert.deepEqual({ code, stderr }, { code: 1, stderr: "" });
  const { version, runs } = JSON.parse(stdout) as Log;
  assert.equal(version, "2.1.0");
  const [{ tool, results = [] } = {} as Run] = runs;
  const { diagnostics } = JSON.parse(json.stdout) as { diagnostics: { code: string }[] };
  assert.deepEqual(
    results.map(({ ruleId }) => ruleId),
    diagnostics.map((each) => each.code),
  );
  const rules = new Map(tool.driver.rules?.map(({ id, help }) => [id, help?.text]));
  for (const { ruleId = "" } of results) {
    assert.equal(rules.get(ruleId), `docs/diagnostics.md#${ruleId}`);
  }
  const [{ level, locations: [place] = [] } = {} as Result] = results;
  assert.equal(level, "error");
  assert.equal(place?.physicalLocation?.artifactLocation?.uri, pathToFileURL(file).href);
  assert.equal(place?.physicalLocation?.region?.startLine, 5);
  assert.match(
    place?.logicalLocations?.[0]?.fullyQualifiedName ?? "",
    /^LLMProvider .* spec\.host$/,
  );
});

test("help groups options by target, marks the required one, and has defaults as one types them", async () => {
  const { stdout } = await llmEgress("render", "--help");
  const groups = [...stdout.matchAll(/^(\w.*):$/gm)].map(([, heading]) => heading);
  const targets = ["Options for --target envoy", "Options for --target istio"];
  assert.deepEqual(groups, ["Arguments", "Options", ...targets]);
  const text = stdout.replaceAll(/\s+/g, " ");
  assert.match(text, /--target <target> what to generate configuration for \(required\)/);
  assert.match(text, /\(default: 127\.0\.0\.1:10000\)/);
  assert.match(text, /default: FAIL_RELOAD\)/);
  assert.doesNotMatch(text, /default: (?:[{"]|false)/);
});

test("explain prints what a field is, its type and its fields, from the CRDs", async () => {
  const { code, stdout } = await llmEgress("explain", "llmproviders.spec.tls");
  assert.equal(code, 0);
  assert.match(
    stdout,
    /^LLMProvider\.spec\.tls <object>\n {2}\w.*\n[^]*^Fields:\n {2}mode <string>\n/m,
  );
  const diagnosed = await llmEgress("explain", "spec.rules[0].name");
  assert.match(diagnosed.stdout, /^LLMRoute\.spec\.rules\.name <string, required>\n/);
  const unknown = await llmEgress("explain", "LLMProvider.spec.hots");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /^llm-egress: there is no field .*; did you mean host\?\n$/);
});

test("init prints resources that validate accepts", async () => {
  const { code, stdout: input } = await llmEgress("init", "openai", "--namespace", "models");
  assert.equal(code, 0);
  assert.equal(input.match(/namespace: models/g)?.length, 2);
  const { stdout } = await runCli(["validate", "-"], { input });
  assert.equal(stdout, "valid: LLMProviders 1, LLMRoutes 1\n");
  const unknown = await llmEgress("init", "x");
  assert.equal(unknown.code, 2);
  assert.match(unknown.stderr, /Allowed choices are openai, azure, azure-deployments, dashscope, /);
});

test("every recipe of docs/providers.md is valid with the route that init adds", () => {
  assert.ok(recipes.length >= 15);
  for (const recipe of recipes) {
    const { diagnostics } = compileText(initialResources(recipe, "models"));
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity === "error"),
      [],
      recipe.name,
    );
  }
});

test("diff gives what render prints to kubectl diff, and ends with its exit code", async () => {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-test-"));
  const kubectl = join(folder, "kubectl");
  writeFileSync(kubectl, '#!/bin/sh\necho "$@"\ncat\nexit 1\n');
  chmodSync(kubectl, 0o755);
  const env = { PATH: `${folder}:${process.env["PATH"]}` };
  const words = ["--keep-trace-headers", "examples/quickstart"];
  const { code, stdout } = await runCli(["diff", ...words], { env });
  const rendered = await llmEgress("render", "--target", "istio", ...words);
  assert.equal(code, 1);
  assert.equal(stdout, `diff -f -\n${rendered.stdout}`);
  const without = await runCli(["diff", ...words], { env: { PATH: "" } });
  rmSync(folder, { recursive: true });
  assert.equal(without.code, 2);
  assert.match(without.stderr, /llm-egress: kubectl can't be run: .*ENOENT/);
});
