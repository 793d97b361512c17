import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  type Diagnostic,
  diagnosticCodes,
  formatDiagnostics,
  formatPath,
} from "../../src/diagnostics.ts";

function diagnostic(changes: Partial<Diagnostic>): Diagnostic {
  return {
    code: "invalid_host",
    severity: "error",
    file: "a.yaml",
    line: 1,
    column: 1,
    path: "spec.host",
    message: "is wrong",
    ...changes,
  };
}

test("diagnostics are sorted by file and position", () => {
  const text = formatDiagnostics([
    diagnostic({ file: "b.yaml" }),
    diagnostic({ line: 10 }),
    diagnostic({ line: 9, column: 3 }),
    diagnostic({ line: 9, column: 2 }),
  ]);
  const positions = text.split("\n").map((line) => line.split(": ")[0]);
  assert.deepEqual(positions, ["a.yaml:9:2", "a.yaml:9:3", "a.yaml:10:1", "b.yaml:1:1", ""]);
});

test("a warning says that it is one, and a document as a whole has no path", () => {
  const text = formatDiagnostics([diagnostic({ severity: "warning", path: "" })]);
  assert.equal(text, "a.yaml:1:1: warning: is wrong [invalid_host]\n");
});

test("tabs become spaces, so that the caret is below its character", () => {
  const text = formatDiagnostics([diagnostic({ column: 3, excerpt: "\ta: b" })]);
  assert.equal(text, "a.yaml:1:3: spec.host: is wrong [invalid_host]\n     a: b\n      ^\n");
});

test("keys that are no plain words are quoted in a path", () => {
  const path = formatPath(["spec", "rules", 0, "headers", "a.b", "x-team"]);
  assert.equal(path, 'spec.rules[0].headers["a.b"].x-team');
});

test("docs/diagnostics.md has a row for every code, with its severity, and no other", () => {
  const rows = readFileSync("docs/diagnostics.md", "utf8").matchAll(/^\| `(\w+)` +\| (\w+) +\|/gm);
  const documented = [...rows].map(([, code, severity]) => [code, severity]);
  assert.deepEqual(documented.sort(), Object.entries(diagnosticCodes).sort());
});

test("docs/diagnostics.md has an anchor for every code, and no other", () => {
  const anchors = readFileSync("docs/diagnostics.md", "utf8").matchAll(/<a id="(\w+)"><\/a>/g);
  const codes = [...anchors].map(([, code]) => code);
  assert.deepEqual(codes.sort(), Object.keys(diagnosticCodes).sort());
});
