import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parse } from "yaml";
import { toYaml } from "../../src/emit/to-yaml.ts";

const text = fc.oneof(
  fc.string({ unit: "grapheme" }),
  fc.string({ unit: fc.constantFrom("a", " ", "\n", "\t", "#", ":", "-", "'", '"', "0", "\r") }),
  fc.constantFrom("true", "No", "null", "~", "1e3", "0x1", "10s", "- a", "a: b", "@type", ".inf"),
);
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "small" },
    text,
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("any")),
    fc.dictionary(text, tie("any")),
  ),
})).any;

test("what is written as YAML is read back the same", () => {
  const objects = fc.dictionary(text, value, { minKeys: 1 });
  fc.assert(
    fc.property(objects, (object) => {
      const plain = JSON.parse(JSON.stringify(object)) as object;
      for (const version of ["1.2", "1.1"] as const) {
        assert.deepEqual(parse(toYaml(plain), { version, merge: false }), plain);
      }
    }),
    { numRuns: 500 },
  );
});

test("text of several lines stays readable", () => {
  const yaml = toYaml({ list: [{ text: "{\n  1\n}" }, "a\n\nb\n"], empty: {}, none: undefined });
  assert.equal(
    yaml,
    "list:\n  - text: |-\n      {\n        1\n      }\n  - |\n    a\n\n    b\nempty: {}\n",
  );
});
