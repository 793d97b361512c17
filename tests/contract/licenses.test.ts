// The licenses of other people's code that is delivered.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const text = readFileSync("build/THIRD_PARTY_LICENSES.txt", "utf8");
const sections = new Map(
  [...text.matchAll(/^-{80}\n\n(\S+) \S+ \((.*)\)\n\n([^]*?)(?=\n-{80}\n|$(?![^]))/gm)].map(
    ([, name = "", license, terms = ""]) => [name, { license, terms }],
  ),
);

describe("build/THIRD_PARTY_LICENSES.txt", () => {
  it("has each package of which the program contains code", () => {
    const program = readFileSync("build/llm-egress.mjs", "utf8");
    const named = program.matchAll(/^ *\/\/ node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\//gm);
    const bundled = new Set([...named].map(([, name = ""]) => name));
    assert.ok(bundled.has("commander"));
    assert.deepEqual(
      [...bundled].filter((name) => !sections.has(name)),
      [],
    );
  });

  it("has terms that allow the delivery under Apache-2.0, and their text", () => {
    const allowed = ["Apache-2.0", "MIT", "ISC", "BSD-3-Clause", "0BSD"];
    for (const [name, { license = "", terms }] of sections) {
      assert.ok(allowed.includes(license), `${name}: ${license}`);
      assert.match(terms, /permission|Permission|TERMS AND CONDITIONS|Redistribution|text of this/);
    }
  });

  it("says that the filter's module, whose image is labelled so, is Apache-2.0 alone", () => {
    const [, list = ""] = /^In llm-egress\.wasm: (.*)\.$/m.exec(text) ?? [];
    const names = list.split(", ");
    assert.deepEqual(names, ["@solo-io/proxy-runtime", "assemblyscript"]);
    for (const name of names) assert.equal(sections.get(name)?.license, "Apache-2.0");
  });
});
