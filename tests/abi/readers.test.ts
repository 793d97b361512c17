// Whatever a reader of JSON takes for a managed member is managed, however it is spelled.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { hostOf, post } from "../support/filter-host.ts";
import { hasProgram } from "../support/programs.ts";
import { cutAt, everySplit } from "../support/splits.ts";

const names = ["model", "stream", "stop", "top_k", "max_tokens"];
const host = hostOf({ members: names.map((name) => ({ name, remove: true })) });

/** What goes out of a body with one member; undefined if the filter refuses it. */
function forwarded(key: string, places: readonly number[] = []): string | undefined {
  const body = `{"a":0,${key}:7}`;
  const stream = post(host, cutAt(Buffer.from(body), places));
  if (stream.refusal === "") return stream.forwardedText;
  assert.equal(stream.refusal, "400 llm_egress_invalid_parameter");
  return undefined;
}

// Every way in which some reader takes a letter for another one, and padding.
const padding = fc.string({ unit: fc.constantFrom("_", "-", "\\u005f", "\\u002D"), maxLength: 4 });
const far = fc.nat({ max: 900 }).map((size) => "_".repeat(size));
const pad = fc.oneof({ weight: 30, arbitrary: padding }, { weight: 1, arbitrary: far });
const wide: Record<string, string> = { s: "\u017f", k: "\u212a", st: "\ufb06" };
const escaped = (letter: string) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;

const key = fc
  .tuple(fc.constantFrom(...names), fc.infiniteStream(fc.nat({ max: 5 })), fc.infiniteStream(pad))
  .map(([name, ways, pads]) => {
    const spelled = [...name].map((letter) => {
      const way = ways.next().value as number;
      const other = way === 2 ? (wide[letter] ?? letter) : letter;
      const one = way === 1 ? letter.toUpperCase() : way === 0 ? escaped(other) : other;
      return (way === 3 ? (pads.next().value as string) : "") + one;
    });
    return `"${spelled.join("")}"`;
  });
const cuts = fc.array(fc.nat(), { maxLength: 4 });

describe("a member that the configuration removes", () => {
  it("does not reach JSON.parse, in any spelling", () => {
    fc.assert(
      fc.property(key, cuts, (spelled, places) => {
        const text = forwarded(spelled, places);
        if (text !== undefined) assert.deepEqual(JSON.parse(text), { a: 0 });
      }),
      { numRuns: 3000 },
    );
  });

  it("does not reach the readers of Go, in any spelling", { skip: missingGo() }, () => {
    const others = fc.string({ unit: "grapheme", maxLength: 12 }).map((t) => JSON.stringify(t));
    const keys = fc.sample(fc.oneof({ weight: 4, arbitrary: key }, others), 4000);
    const bodies = keys.flatMap((spelled) => forwarded(spelled) ?? []);
    // The readers take the spellings for the members when nobody removes them.
    const sent = keys.map((spelled) => `{"a":0,${spelled}:7}`);
    const taken = goReaders(sent).filter((set) => set !== "");
    assert.ok(taken.length > 1000, `only ${taken.length} spellings are taken for a member`);
    for (const [index, set] of goReaders(bodies).entries()) assert.equal(set, "", bodies[index]);
  });

  it("does not reach readers that fold letters which JavaScript maps to ASCII", () => {
    for (let code = 0x80; code <= 0x10ffff; code++) {
      const letters = asciiFolds(String.fromCodePoint(code));
      for (const folded of letters) {
        const members = [{ name: `x${folded}y`, remove: true as const }];
        const body = `{"a":0,"x${String.fromCodePoint(code)}y":7}`;
        const stream = post(hostOf({ members }), [body]);
        assert.deepEqual(JSON.parse(stream.forwardedText), { a: 0 }, code.toString(16));
      }
    }
  });
});

describe("a key of any length", () => {
  it("is refused if it names a managed member, no matter how it is split", () => {
    for (const spelled of [`max_to${"_".repeat(400)}kens`, `${"-".repeat(500)}\\u006Dodel`]) {
      for (const chunks of everySplit(Buffer.from(`{"a":1,"${spelled}":9}`))) {
        const stream = post(host, chunks);
        assert.equal(stream.refusal, "400 llm_egress_invalid_parameter");
        assert.match(stream.localResponses[0]!.body, /"param":"(max_tokens|model)"/);
      }
    }
  });

  it("goes out if it names none", () => {
    for (const spelled of [`max_to${"_".repeat(400)}kensx`, "\u20ac\\u20ac".repeat(80)]) {
      const body = `{"a":1,"${spelled}":9,"b":2}`;
      for (const chunks of everySplit(Buffer.from(body))) {
        assert.equal(post(host, chunks).forwardedText, body.replace(/}$/, " }"));
      }
    }
  });

  it("is refused with a NUL after the padding", () => {
    const body = Buffer.from(`{"a":1,"max_${"_".repeat(300)}tokens\\u0000x":9}`);
    for (const chunks of everySplit(body)) {
      assert.equal(post(host, chunks).refusal, "400 llm_egress_invalid_parameter");
    }
  });
});

function asciiFolds(character: string): Set<string> {
  const lower = character.toLowerCase();
  const folds = [lower, character.toUpperCase().toLowerCase(), lower.toUpperCase().toLowerCase()];
  return new Set(folds.filter((text) => /^[a-z]+$/.test(text)));
}

// Go 1.25 and later have encoding/json/v2, as an experiment.
function missingGo(): string | false {
  if (!hasProgram("go")) return "go is not on PATH";
  const version = execFileSync("go", ["env", "GOVERSION"]).toString();
  return Number(/^go1\.(\d+)/.exec(version)?.[1]) >= 25 ? false : `${version} has no json/v2`;
}

/** For each body, the members that some reader of Go finds in it. */
function goReaders(bodies: readonly string[]): string[] {
  const folder = mkdtempSync(join(tmpdir(), "llm-egress-go-"));
  try {
    const program = join(folder, "readers");
    const env = { ...process.env, GOEXPERIMENT: "jsonv2" };
    execFileSync("go", ["build", "-o", program, "tests/support/go/readers/main.go"], { env });
    const input = bodies.map((body) => `${Buffer.from(body).toString("hex")}\n`).join("");
    return execFileSync(program, { input }).toString().split("\n").slice(0, bodies.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
