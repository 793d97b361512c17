// Random bodies in random pieces. If JSON.parse accepts a body, the filter edits it as the
// reference edit does, and refuses it otherwise.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import type { PluginMember } from "../../contract/plugin-config.ts";
import { hostOf, post } from "../support/filter-host.ts";
import { asksForUsage } from "../support/plugin-providers.ts";
import { referenceEdit } from "../support/reference-edit.ts";
import { cutAt } from "../support/splits.ts";

const members: PluginMember[] = [
  { name: "model", override: '"qwen"' },
  { name: "top_k", remove: true },
  { name: "temperature", default: "0.5" },
  { name: "max_tokens", limit: "100", default: "10", group: "max_tokens" },
  { name: "max_completion_tokens", limit: "100", group: "max_tokens" },
  ...asksForUsage,
];
const managed = members.map(({ name }) => name);

const space = fc.string({ unit: fc.constantFrom(" ", "\t", "\r", "\n"), maxLength: 3 });
const cuts = fc.array(fc.nat(), { maxLength: 12 });

const string = fc.string({ unit: "binary", maxLength: 40 }).map((text) => JSON.stringify(text));
const key = fc.oneof(
  fc.constantFrom(...managed).chain(spell),
  fc.string({ unit: "grapheme", maxLength: 20 }).map((text) => JSON.stringify(text)),
);
const json = fc
  .jsonValue({ maxDepth: 4, stringUnit: "grapheme" })
  .map((value) => JSON.stringify(value));
const number = fc.oneof(
  fc.integer({ min: -200, max: 200 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
);

// A name in one of its spellings as a JSON string.
function spell(name: string): fc.Arbitrary<string> {
  return fc
    .array(fc.nat({ max: 5 }), { minLength: name.length, maxLength: name.length })
    .map((ways) => `"${[...name].map((letter, i) => spellLetter(letter, ways[i]!)).join("")}"`);
}

function spellLetter(letter: string, way: number): string {
  if (way === 0) return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  if (way === 1) return letter.toUpperCase();
  if (way === 2 && letter === "k") return "\u212a";
  return letter;
}

const member = fc
  .tuple(space, key, space, space, json, number, space)
  .map(([a, name, b, c, value, limited, d]) => {
    const text = JSON.parse(name) as string;
    const isLimited = /max/i.test(text);
    const isStream = text.toLowerCase() === "stream";
    const suited = isLimited ? limited : isStream ? String(value.length % 2 === 0) : value;
    return `${a}${name}${b}:${c}${suited}${d}`;
  });

const object = fc
  .uniqueArray(member, { selector: folded, maxLength: 12 })
  .map((all) => `{${all.join(",")}}`);

function folded(text: string): string {
  const name = JSON.parse(/"(?:[^"\\]|\\.)*"/.exec(text)![0]) as string;
  return name.replace(/\u212a/g, "k").toLowerCase();
}

describe("a random body", () => {
  const host = hostOf({ members });
  it("is edited in the same way, no matter how it is split", () => {
    fc.assert(
      fc.property(object, cuts, (body, places) => {
        const bytes = Buffer.from(body);
        const expected = referenceEdit(bytes.toString("latin1"), members);
        const stream = post(host, cutAt(bytes, places));
        assert.equal(stream.refusal, "");
        assert.deepEqual(Buffer.concat(stream.forwarded), Buffer.from(expected, "latin1"));
      }),
      { numRuns: 3000 },
    );
  });
});

describe("a random text", () => {
  const host = hostOf({ members: [{ name: "model", remove: true }] });
  const seeds = fc.oneof(
    object,
    json,
    string.map((text) => `{"a":${text}}`),
  );
  const change = fc.tuple(fc.nat(), fc.constantFrom(0, 1, 2), fc.nat({ max: 255 }));

  it("is accepted if and only if JSON.parse accepts it as an object", () => {
    fc.assert(
      fc.property(seeds, fc.array(change, { maxLength: 3 }), cuts, (text, changes, places) => {
        const bytes = changes.reduce(mutate, Buffer.from(text));
        const stream = post(host, cutAt(bytes, places));
        const code = bytes.length === 0 ? "missing_body" : "invalid_json";
        const expected = isJsonObject(bytes) ? "" : `400 llm_egress_${code}`;
        assert.equal(stream.refusal, expected, JSON.stringify(bytes.toString("latin1")));
      }),
      { numRuns: 20000 },
    );
  });
});

// Replaces, inserts or removes a byte.
function mutate(bytes: Buffer, [place, way, byte]: readonly [number, number, number]): Buffer {
  const at = place % (bytes.length + 1);
  const inserted = way === 2 ? [] : [byte];
  const end = way === 1 ? at : at + 1;
  return Buffer.from([...bytes.subarray(0, at), ...inserted, ...bytes.subarray(end)]);
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
