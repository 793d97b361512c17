import {
  bytesOf,
  contains,
  endsWith,
  equals,
  equalsHeaderName,
  equalsIgnoringCase,
  MOST_DIGITS,
  NOT_WHOLE,
  parseWhole,
  startsWith,
  writeWhole,
} from "../../assembly/bytes/bytes";
import { pieceOf, textBetween } from "./piece";

function whole(text: string): u64 {
  const piece = pieceOf(text);
  return parseWhole(piece.start, piece.end);
}

function digitsOf(value: u64): string {
  const out = new Uint8Array(MOST_DIGITS);
  return textBetween(out.dataStart, writeWhole(value, out.dataStart));
}

function has(part: string, text: string): bool {
  const piece = pieceOf(text);
  return contains(bytesOf(part), piece.start, piece.end);
}

describe("a whole number", () => {
  it("has up to 18 significant digits", () => {
    expect(whole("0")).toBe(0);
    expect(whole("007")).toBe(7);
    expect(whole("0".repeat(30))).toBe(0);
    expect(whole("0".repeat(30) + "1")).toBe(1);
    expect(whole("4294967296")).toBe(4294967296);
    expect(whole("999999999999999999")).toBe(999999999999999999);
  });

  it("is nothing else", () => {
    const texts = ["", "1000000000000000000", "-1", "+1", "1.0", "1e3", " 1", "1 ", "a", "/", ":"];
    for (let i = 0; i < texts.length; i++) expect(whole(texts[i])).toBe(NOT_WHOLE, texts[i]);
  });

  it("is written in as many digits as it has", () => {
    expect(digitsOf(0)).toBe("0");
    expect(digitsOf(9)).toBe("9");
    expect(digitsOf(10)).toBe("10");
    expect(digitsOf(1_000_000_000_000)).toBe("1000000000000");
    expect(digitsOf(u64.MAX_VALUE)).toBe("18446744073709551615");
  });
});

describe("a run of bytes", () => {
  it("is found at the beginning, in the middle and at the end of another", () => {
    expect(has("key", "key")).toBe(true);
    expect(has("key", "key=1")).toBe(true);
    expect(has("key", "akey1")).toBe(true);
    expect(has("key", "kekey")).toBe(true);
  });

  it("is not found in part, or across the end", () => {
    expect(has("key", "")).toBe(false);
    expect(has("key", "ke")).toBe(false);
    expect(has("key", "keky")).toBe(false);
    const piece = pieceOf("a key");
    expect(contains(bytesOf("key"), piece.start, piece.end - 1)).toBe(false);
  });

  it("is found wherever it begins, and only whole", () => {
    const part = "sk-0123456789abcdef-k";
    for (let before = 0; before < 40; before++) {
      const text = "s".repeat(before) + part;
      expect(has(part, text)).toBe(true, text);
      expect(has(part, text + "k")).toBe(true, text);
      expect(has(part, text.slice(0, -1))).toBe(false, text);
      expect(has(part, text.replace("9", "8") + "k")).toBe(false, text);
    }
  });

  it("equals another only if all of their bytes do", () => {
    const text = "0123456789abcdefghij";
    for (let size = 1; size < text.length; size++) {
      const whole = text.slice(0, size);
      const piece = pieceOf(whole);
      expect(equals(bytesOf(whole), piece.start, piece.end)).toBe(true, whole);
      expect(equals(bytesOf(whole + "k"), piece.start, piece.end)).toBe(false, whole);
      for (let at = 0; at < size; at++) {
        const other = whole.slice(0, at) + "!" + whole.slice(at + 1);
        expect(equals(bytesOf(other), piece.start, piece.end)).toBe(false, other);
      }
    }
  });

  it("begins and ends with what is no longer than itself", () => {
    const piece = pieceOf("/models");
    expect(startsWith(bytesOf("/mod"), piece.start, piece.end)).toBe(true);
    expect(startsWith(bytesOf("/models2"), piece.start, piece.end)).toBe(false);
    expect(endsWith(bytesOf("/models"), piece.start, piece.end)).toBe(true);
    expect(endsWith(bytesOf('"/models'), piece.start, piece.end)).toBe(false);
  });

  it("equals its lower case if it differs only in ASCII letters", () => {
    const piece = pieceOf("IdentitY");
    expect(equalsIgnoringCase(bytesOf("identity"), piece.start, piece.end)).toBe(true);
    expect(equalsIgnoringCase(bytesOf("identit"), piece.start, piece.end)).toBe(false);
    expect(equalsIgnoringCase(bytesOf("identitz"), piece.start, piece.end)).toBe(false);
    const at = pieceOf("@");
    expect(equalsIgnoringCase(bytesOf("`"), at.start, at.end)).toBe(false);
  });
});

function isHeader(name: string, sent: string): bool {
  const piece = pieceOf(sent);
  return equalsHeaderName(bytesOf(name), piece.start, piece.end);
}

describe("a header's name", () => {
  it("may have what is not a letter or a digit for -, as CGI has it", () => {
    expect(isHeader("x-api-key", "x.api`key")).toBe(true);
    expect(isHeader("x-api-key", "x~api|key")).toBe(true);
    expect(isHeader("x-api-key", "x-api-key")).toBe(true);
    expect(isHeader("x-api-key", "x_api-key")).toBe(true);
    expect(isHeader("x-api-key", "x_api_key")).toBe(true);
  });

  it("equals no other name", () => {
    expect(isHeader("x-api-key", "x-api-ke")).toBe(false);
    expect(isHeader("x-api-key", "x-api-keys")).toBe(false);
    expect(isHeader("x-api-key", "x0api-key")).toBe(false);
    expect(isHeader("x-api-key", "xaapizkey")).toBe(false);
    expect(isHeader("x_api", "x-api")).toBe(false);
  });
});
