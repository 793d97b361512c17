import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Diagnostic } from "../../src/diagnostics.ts";
import { Cursor } from "../../src/model/cursor.ts";
import type { Document } from "../../src/model/document.ts";
import { parse } from "../../src/parse/parse.ts";
import { classify } from "../../src/validate/classify.ts";

function parseText(text: string): { documents: Document[]; diagnostics: Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const documents = parse([{ file: "input.yaml", text }], (each) => void diagnostics.push(each));
  return { documents, diagnostics };
}

function jsonOf(yaml: string): string {
  const [document] = parseText(`value: ${yaml}\n`).documents;
  return document!.jsonText(["value"]);
}

test("numbers keep their source text where it is JSON", () => {
  for (const text of ["9007199254740993", "0.70", "1e3", "-0.0", "1E+2", "12345678901234567890"]) {
    assert.equal(jsonOf(text), text);
  }
});

test("numbers that only YAML can write become JSON", () => {
  const cases = { "+5": "5", "0x1F": "31", "0o17": "15", ".5": "0.5", "5.": "5", "007": "7" };
  for (const [yaml, json] of Object.entries(cases)) assert.equal(jsonOf(yaml), json);
  assert.equal(jsonOf("+9007199254740993"), "9007199254740993");
});

test("nested values are JSON, with their numbers exact and aliases resolved", () => {
  const json = jsonOf('{a: &x [1.0, "é\\n", null, yes], b: *x, "c d": {true: 0.10}}');
  assert.equal(
    json,
    '{"a":[1.0,"é\\n",null,"yes"],"b":[1.0,"é\\n",null,"yes"],"c d":{"true":0.10}}',
  );
});

test("any JSON value is given back as it was written", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(JSON.parse(jsonOf(text)), JSON.parse(text));
    }),
  );
});

test("the items of a List are resources of their own, with positions in the list", () => {
  const { documents } = parseText(`
apiVersion: v1
kind: List
items:
  - {apiVersion: istio.alibabacloud.com/v1beta1, kind: LLMRoute, spec: {host: a}}
  - {apiVersion: v1, kind: Service}
`);
  const { routes, context } = classify(documents, "default", ({ message }) => assert.fail(message));
  assert.equal(context.length, 1);
  const problem = routes[0]!.at("spec", "host").problem("invalid_host", "is wrong");
  assert.deepEqual([problem.path, problem.line, problem.column], ["items[0].spec.host", 5, 79]);
});

test("a path that does not exist is placed at what is nearest", () => {
  const { documents } = parseText(
    "apiVersion: istio.alibabacloud.com/v1beta1\nkind: LLMRoute\nspec:\n  host: a\n",
  );
  const rule = Cursor.of(documents[0]!, "default").at("spec", "rules", 0);
  const problem = rule.problem("missing_field", "is missing");
  assert.deepEqual([problem.line, problem.column], [3, 1]);
});

test("input that is made to explode is refused at once", () => {
  const level = (name: string, of: string) =>
    `${name}: &${name} [${Array(10).fill(of).join(", ")}]`;
  const aliases = ["a: &a [x, x]", ..."bcdefghi"].map((name, index, names) =>
    index === 0 ? name : level(name, index === 1 ? "*a" : `*${names[index - 1]}`),
  );
  const bombs = {
    too_many_aliases: aliases.join("\n"),
    yaml_syntax: "[".repeat(100_000),
    duplicate_key: "a: 1\n".repeat(20_000),
  };
  for (const [code, text] of Object.entries(bombs)) {
    // Processor time, as other work on the machine must not count.
    const before = process.cpuUsage();
    const { diagnostics } = parseText(text);
    const { user, system } = process.cpuUsage(before);
    assert.equal(diagnostics[0]?.code, code);
    assert.ok(user + system < 5_000_000, code);
  }
});

test("no text makes it throw", () => {
  const piece = fc.constantFrom(
    ..."{}[]:,-\n \t\"'&*!|>%@`#?0aé",
    "apiVersion: ",
    "kind: ",
    "istio.alibabacloud.com/v1beta1",
    "LLMProvider\n",
    "---\n",
    "\n  - ",
  );
  const text = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));
  fc.assert(
    fc.property(fc.oneof(text, fc.string()), (input) => void parseText(input)),
    { numRuns: 2000 },
  );
});
