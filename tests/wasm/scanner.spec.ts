import { JsonStep, Scanner } from "../../assembly/json/scanner";
import { MAX_JSON_DEPTH } from "../../contract/limits";
import { bytesOfHex, Piece, pieceOf } from "./piece";

// By JsonStep: K…k is a key, V…v its value.
const LETTERS = ".KkVv,}!^";

const scanned = new Array<string>();

// A letter for each step through the pieces, then a dot if the object is complete.
function scan(pieces: Piece[]): string {
  const scanner = new Scanner();
  scanned.length = 0;
  for (let i = 0; i < pieces.length; i++) {
    const end = pieces[i].end;
    scanner.at = pieces[i].start;
    for (let step = scanner.next(end); step != JsonStep.More; step = scanner.next(end)) {
      scanned.push(LETTERS.charAt(step));
      if (step >= JsonStep.Invalid) return scanned.join("");
    }
    if (scanner.at != end) expect(scanner.at).toBe(end, "the piece is read to its end");
  }
  return scanned.join("") + (scanner.complete ? "." : "");
}

function cut(text: ArrayBuffer, split: i32): Piece[] {
  return [new Piece(text.slice(0, split)), new Piece(text.slice(split))];
}

function singleBytes(text: ArrayBuffer): Piece[] {
  const pieces = new Array<Piece>();
  for (let at = 0; at < text.byteLength; at++) pieces.push(new Piece(text.slice(at, at + 1)));
  return pieces;
}

function expectSteps(bytes: ArrayBuffer, expected: string, what: string): void {
  expect(scan(singleBytes(bytes))).toBe(expected, what + " in single bytes");
  for (let split = 0; split <= bytes.byteLength; split++) {
    const steps = scan(cut(bytes, split));
    if (steps != expected) expect(steps).toBe(expected, `${what} split at ${split}`);
  }
}

function expectAll(texts: string[], expected: string): void {
  for (let i = 0; i < texts.length; i++) {
    expectSteps(String.UTF8.encode(texts[i]), expected, texts[i]);
  }
}

// A text that ends too early has no wrong step: it is only not complete.
function expectRefused(bytes: ArrayBuffer, what: string): void {
  for (let split = 0; split <= bytes.byteLength; split++) {
    const steps = scan(cut(bytes, split));
    if (steps.endsWith(".")) expect(steps).toBe("refused", `${what} split at ${split}`);
  }
}

function expectValuesRefused(values: string[]): void {
  for (let i = 0; i < values.length; i++) {
    expectRefused(String.UTF8.encode('{"a":' + values[i] + "}"), values[i]);
  }
}

function nested(depth: u32, open: string, close: string): ArrayBuffer {
  const inner = depth - 1;
  return String.UTF8.encode('{"a":' + open.repeat(inner) + close.repeat(inner) + "}");
}

describe("the scanner", () => {
  it("steps through top-level members only, wherever the text is split", () => {
    expectAll(["{}", " \t\r\n{ \t\r\n} \t\r\n", "{" + " ".repeat(40) + "}"], "}.");
    expectAll(['{"a":1}', '{"":""}', ' { "a" : {} } ', '{"a":[{"b":[1,{"c":2}]},[]]}'], "KkVv}.");
    expectAll(['{"a":1,"b":[2,3]}', '{"a":{"x":1,"y":2} , "a":"}"}'], "KkVv,KkVv}.");
  });

  it("accepts every literal and number of RFC 8259", () => {
    const values = (
      'true false null "" {} [] 0 -0 1 -1 10 0.0 -0.10 1.5 0e0 1E5 1e+5 1e-05 -1.25E-10 ' +
      "123456789012345678901234567890"
    ).split(" ");
    for (let i = 0; i < values.length; i++) {
      const value = values[i];
      expectAll(['{"a":' + value + "}", '{"a":[' + value + "," + value + "]}"], "KkVv}.");
      expectAll(['{"a":' + value + " }", '{"a":\n' + value + "\n}"], "KkVv}.");
    }
  });

  it("refuses every other value", () => {
    const words = "tru truee True nul nulll f falsey NaN Infinity undefined ' 'a' a : , / //";
    const numbers = "00 01 -01 - -- -a +1 .5 -.5 1. 1.e5 1e 1e+ 1e+- 1ee5 1.5.5 0x10 1_0 1a";
    const lists = "[ ] [1 [1,] [,1] [1,,2] [1} [1:2]";
    const objects = '{ {"b"} {1:2} {"b":1] {"b":} {"b":1,} {,} {"b"1} {"b"::1} {b:1} {"b":1:2}';
    expectValuesRefused(words.split(" "));
    expectValuesRefused(numbers.split(" "));
    expectValuesRefused(lists.split(" "));
    expectValuesRefused(objects.split(" "));
    expectValuesRefused(["", "1 2", "1\f", "1\v", "\ufeff1", "\u00a01", '"a" "b"', "/* */1"]);
  });

  it("refuses everything but one single object", () => {
    const texts = [
      "",
      " ",
      "1",
      "[]",
      "null",
      '"a"',
      "{",
      "}",
      "{}{}",
      "{},",
      "{} x",
      "{}\0",
      "{]",
    ];
    texts.push("\ufeff{}");
    texts.push('{"a":1,}');
    texts.push('{,"a":1}');
    texts.push('{"a":1 "b":2}');
    texts.push('{"a":1}}');
    for (let i = 0; i < texts.length; i++) expectRefused(String.UTF8.encode(texts[i]), texts[i]);
  });

  it("accepts every escape, and every character but control characters", () => {
    const all = '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\ude00\\uAbCd"';
    expectAll(['{"a":' + all + "}", "{" + all + ":1}"], "KkVv}.");
    expectAll(['{"a":"\x7f \u00e9\u4f60\ud83d\ude00\u2028 {[,:]}"}'], "KkVv}.");
    for (let code = 0; code < 0x20; code++) {
      expectValuesRefused(['"' + String.fromCharCode(code) + '"']);
    }
    const escapes = "a 0 x41 U0041 ' u u0 u00 u004 u004g u-041 u+041 u00 41".split(" ");
    for (let i = 0; i < escapes.length; i++) expectValuesRefused(['"\\' + escapes[i] + '"']);
  });

  it("finds the end of a string of any length, whatever follows it", () => {
    for (let size = 0; size < 50; size++) {
      const contents = "x".repeat(size);
      expect(scan([pieceOf('{"a":"' + contents + '"}')])).toBe("KkVv}.");
      expect(scan([pieceOf('{"' + contents + '\\"":1}')])).toBe("KkVv}.");
      expect(scan([pieceOf('{"a":"' + contents)])).toBe("KkV");
    }
  });

  it("refuses a string that is not UTF-8, in keys and values of any depth", () => {
    const faults = "ff c3 c328 eda080 c080 f4908080 80".split(" ");
    for (let i = 0; i < faults.length; i++) {
      expectRefused(bytesOfHex("7b2261223a22" + faults[i] + "227d"), faults[i]); // {"a":"…"}
      expectRefused(bytesOfHex("7b22" + faults[i] + "223a317d"), faults[i]); // {"…":1}
      expectRefused(bytesOfHex("7b2261223a5b7b22" + faults[i] + "223a315d7d"), faults[i]);
      expectRefused(bytesOfHex("7b2261223a22" + faults[i] + "5c6e227d"), faults[i]); // {"a":"…\n"}
    }
  });

  it("goes 512 levels deep and no further", () => {
    const listsAtMost = nested(MAX_JSON_DEPTH, "[", "]");
    const objectsAtMost = String.UTF8.encode('{"a":'.repeat(511) + "{}" + "}".repeat(511));
    expectSteps(listsAtMost, "KkVv}.", "512 lists");
    expectSteps(objectsAtMost, "KkVv}.", "512 objects");
    expectSteps(nested(MAX_JSON_DEPTH + 1, "[", "]"), "KkV^", "513 lists");
    const objectsBeyond = String.UTF8.encode('{"a":'.repeat(512) + "{}");
    expect(scan([new Piece(objectsBeyond)])).toBe("KkV^");
  });

  it("knows at each level whether it is in a list or in an object", () => {
    const open = '[{"a":'.repeat(200);
    const close = "}]".repeat(200);
    const mixed = String.UTF8.encode('{"a":' + open + "1" + close + "}");
    expect(scan([new Piece(mixed)])).toBe("KkVv}.");
    expect(scan(singleBytes(mixed))).toBe("KkVv}.");
    expectRefused(String.UTF8.encode('{"a":[[{"b":[]]}]}'), "crossed");
    expectRefused(String.UTF8.encode('{"a":[],"b":{"c":[1,"d":2]}}'), "a key in a list");
  });
});
