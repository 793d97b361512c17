import { foldKey, unescapeString } from "../../assembly/json/unescape";
import { bytesOfHex, Piece, pieceOf, textBetween } from "./piece";

function fold(piece: Piece): string {
  return textBetween(piece.start, foldKey(piece.start, piece.end));
}

function unescape(contents: string): Uint8Array {
  const piece = pieceOf(contents);
  const out = new Uint8Array(contents.length * 3 + 1);
  const end = unescapeString(piece.start, piece.end, out.dataStart);
  return out.slice(0, <i32>(end - out.dataStart));
}

describe("a folded key", () => {
  it("has its ASCII letters in lower case, and no other characters changed", () => {
    expect(fold(pieceOf("MoDeL@[`{09Z"))).toStrictEqual("model@[`{09z");
  });

  it("has s for U+017F and k for U+212A", () => {
    expect(fold(pieceOf("\u017ftop\u212a"))).toStrictEqual("stopk");
    expect(fold(pieceOf("\u212a\u017f\u017f\u212a"))).toStrictEqual("kssk");
  });

  it("has i for U+0130 and U+0131", () => {
    expect(fold(pieceOf("l\u0130m\u0131t"))).toStrictEqual("limit");
  });

  it("has no underscore and no hyphen", () => {
    expect(fold(pieceOf("_max-Tokens__"))).toStrictEqual("maxtokens");
  });

  it("keeps every other character beyond ASCII", () => {
    const text = "\u017e\u0180\u2129\u212b\u0132\u1e9f\ufb07\u4f60\ud83d\ude00";
    expect(fold(pieceOf(text))).toBe(text);
  });

  it("does not fold a character that its end splits", () => {
    const sharp = new Piece(bytesOfHex("61 c5"));
    expect(foldKey(sharp.start, sharp.end)).toBe(sharp.end);
    const kelvin = new Piece(bytesOfHex("61 e2 84"));
    expect(foldKey(kelvin.start, kelvin.end)).toBe(kelvin.end);
  });
});

describe("an unescaped string", () => {
  it("has the character of each escape", () => {
    const contents = '\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u4F60\\u0000';
    const expected = Uint8Array.wrap(bytesOfHex("22 5c 2f 08 0c 0a 0d 09 41 c3a9 e4bda0 00"));
    expect(unescape(contents)).toStrictEqual(expected);
  });

  it("has one character for a surrogate pair", () => {
    const pair = Uint8Array.wrap(String.UTF8.encode("\ud83d\ude00x"));
    expect(unescape("\\ud83d\\ude00x")).toStrictEqual(pair);
    const ends = Uint8Array.wrap(bytesOfHex("f0908080 f48fbfbf"));
    expect(unescape("\\ud800\\udc00\\uDBFF\\uDFFF")).toStrictEqual(ends);
  });

  it("has three bytes of invalid UTF-8 for a lone surrogate", () => {
    const high = Uint8Array.wrap(bytesOfHex("eda0bd"));
    expect(unescape("\\ud83d")).toStrictEqual(high);
    expect(unescape("\\udc00")).toStrictEqual(Uint8Array.wrap(bytesOfHex("edb080")));
    const apart = Uint8Array.wrap(bytesOfHex("eda0bd 78 edb880"));
    expect(unescape("\\ud83dx\\ude00")).toStrictEqual(apart);
    const twice = Uint8Array.wrap(bytesOfHex("eda0bd f09f9880"));
    expect(unescape("\\ud83d\\ud83d\\ude00")).toStrictEqual(twice);
    expect(unescape("\\ud83d\\n")).toStrictEqual(Uint8Array.wrap(bytesOfHex("eda0bd 0a")));
  });

  it("has nothing of what follows its end", () => {
    const piece = pieceOf("\\ud83d\\ude00");
    const out = new Uint8Array(12);
    const end = unescapeString(piece.start, piece.start + 6, out.dataStart);
    expect(end - out.dataStart).toBe(3);
  });

  it("keeps all other bytes", () => {
    const text = "plain \u00e9 \u4f60 \ud83d\ude00";
    expect(unescape(text)).toStrictEqual(Uint8Array.wrap(String.UTF8.encode(text)));
    expect(unescape("").length).toBe(0);
  });
});
