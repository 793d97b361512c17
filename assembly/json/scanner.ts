// Reads JSON as it arrives, in pieces split anywhere, and validates it: RFC 8259 with an object at
// the top, well-formed UTF-8 in strings, at most 512 levels deep, nothing but whitespace after the
// object. Comes in: the bytes from `at` to an end; goes out: a JsonStep for each start and end of a
// top-level member. Kept between calls: the fields below, about 100 bytes whatever the size of the
// text.

import { MAX_JSON_DEPTH } from "../../contract/limits";
import { hexValue, isDigit } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { highBytes, skipWhitespace, specialBytes } from "../bytes/lanes";
import { checkUtf8, UTF8_COMPLETE, UTF8_INVALID } from "../bytes/utf8";
import { afterNumberByte, Expect } from "./expect";

/**
 * Why `next` has returned. It is about the byte before `at`, except for `KeyEnd` and `ValueEnd`,
 * whose token ends at `at`.
 */
export const enum JsonStep {
  /** All bytes are read. */
  More,
  /** The opening quote of a top-level member's key. */
  KeyStart,
  /** `at` is just past that key's closing quote. */
  KeyEnd,
  /** The first byte of a top-level member's value. */
  ValueStart,
  /** `at` is just past that value. */
  ValueEnd,
  /** The comma between two top-level members. */
  Comma,
  /** The brace that closes the whole object. */
  Close,
  /** Not JSON, or not an object. Final. */
  Invalid,
  /** More than `MAX_DEPTH` nested objects and arrays. Final. */
  TooDeep,
}

/** How many objects and arrays may be nested, including the outermost. */
const MAX_DEPTH: u32 = MAX_JSON_DEPTH;

// Letters of a literal, the next one in the lowest byte.
const REST_OF_TRUE: u32 = 0x657572; // "rue"
const REST_OF_FALSE: u32 = 0x65736c61; // "alse"
const REST_OF_NULL: u32 = 0x6c6c75; // "ull"

export class Scanner {
  /** The next byte to read. The caller sets it for each piece. */
  at: usize = 0;

  private expect: Expect = Expect.Object;
  /** How many objects and arrays are open. */
  private depth: u32 = 0;
  /** One bit for each open level, set if it is an object. */
  private objects: StaticArray<u64> = new StaticArray<u64>(MAX_DEPTH / 64);
  /** Whether the current string is a key. */
  private inKey: bool = false;
  /** The state of checkUtf8 within a string. */
  private utf8: u32 = UTF8_COMPLETE;
  /** How many digits of a \u escape are missing. */
  private hexDigits: u32 = 0;
  /** The missing letters of a literal, the next one in the lowest byte. */
  private literal: u32 = 0;

  /** Whether the object is closed, and only whitespace has followed it. */
  get complete(): bool {
    return this.expect == Expect.Nothing;
  }

  /** Begins a new text. */
  restart(): void {
    this.expect = Expect.Object;
    this.depth = 0;
    this.utf8 = UTF8_COMPLETE;
  }

  /**
   * Reads from `at` to the next step, at most to `end`, after which READ_AHEAD_BYTES must be in
   * memory.
   */
  next(end: usize): JsonStep {
    while (this.at < end) {
      const step = this.advance(end);
      if (step != JsonStep.More) return step;
    }
    return JsonStep.More;
  }

  private advance(end: usize): JsonStep {
    switch (this.expect) {
      case Expect.Contents:
        return this.readContents(end);
      case Expect.Escaped:
        return this.readEscaped();
      case Expect.Hex:
        return this.readHex();
      case Expect.Literal:
        return this.readLiteral();
      case Expect.Minus:
      case Expect.Zero:
      case Expect.Integer:
      case Expect.Point:
      case Expect.Fraction:
      case Expect.Exponent:
      case Expect.ExponentSign:
      case Expect.ExponentDigits:
        return this.readNumber(end);
      default:
        return this.readToken(end);
    }
  }

  private readToken(end: usize): JsonStep {
    const at = skipWhitespace(this.at, end);
    if (at == end) {
      this.at = end;
      return JsonStep.More;
    }
    const byte = load<u8>(at);
    this.at = at + 1;
    switch (this.expect) {
      case Expect.Value:
        return this.readValue(byte);
      case Expect.ValueOrClose:
        return byte == Char.CloseBracket ? this.close() : this.readValue(byte);
      case Expect.CommaOrClose:
        return this.readSeparator(byte);
      case Expect.KeyOrClose:
        return byte == Char.CloseBrace ? this.close() : this.readKey(byte);
      case Expect.Key:
        return this.readKey(byte);
      case Expect.Colon:
        this.expect = Expect.Value;
        return byte == Char.Colon ? JsonStep.More : JsonStep.Invalid;
      case Expect.Object:
        return byte == Char.OpenBrace ? this.open(true) : JsonStep.Invalid;
      default:
        this.expect = Expect.Object; // Something follows the object: it is not complete after all.
        return JsonStep.Invalid;
    }
  }

  private readKey(byte: u8): JsonStep {
    if (byte != Char.Quote) return JsonStep.Invalid;
    this.inKey = true;
    this.expect = Expect.Contents;
    return this.depth == 1 ? JsonStep.KeyStart : JsonStep.More;
  }

  private readValue(byte: u8): JsonStep {
    const step = this.depth == 1 ? JsonStep.ValueStart : JsonStep.More;
    switch (byte) {
      case Char.Quote:
        this.inKey = false;
        this.expect = Expect.Contents;
        return step;
      case Char.OpenBrace:
      case Char.OpenBracket:
        return this.open(byte == Char.OpenBrace) == JsonStep.TooDeep ? JsonStep.TooDeep : step;
      case Char.t:
        return this.beginLiteral(REST_OF_TRUE, step);
      case Char.f:
        return this.beginLiteral(REST_OF_FALSE, step);
      case Char.n:
        return this.beginLiteral(REST_OF_NULL, step);
      case Char.Minus:
        this.expect = Expect.Minus;
        return step;
      case Char.Zero:
        this.expect = Expect.Zero;
        return step;
      default:
        this.expect = Expect.Integer;
        return isDigit(byte) ? step : JsonStep.Invalid;
    }
  }

  private beginLiteral(letters: u32, step: JsonStep): JsonStep {
    this.literal = letters;
    this.expect = Expect.Literal;
    return step;
  }

  private readSeparator(byte: u8): JsonStep {
    const inObject = this.inObject();
    if (byte == Char.Comma) {
      this.expect = inObject ? Expect.Key : Expect.Value;
      return this.depth == 1 ? JsonStep.Comma : JsonStep.More;
    }
    return byte == (inObject ? Char.CloseBrace : Char.CloseBracket)
      ? this.close()
      : JsonStep.Invalid;
  }

  private inObject(): bool {
    const level = this.depth - 1;
    return ((unchecked(this.objects[level >> 6]) >> (level & 63)) & 1) != 0;
  }

  private open(isObject: bool): JsonStep {
    const level = this.depth;
    if (level == MAX_DEPTH) return JsonStep.TooDeep;
    const bit = (<u64>1) << (level & 63);
    const word = unchecked(this.objects[level >> 6]);
    unchecked((this.objects[level >> 6] = isObject ? word | bit : word & ~bit));
    this.depth = level + 1;
    this.expect = isObject ? Expect.KeyOrClose : Expect.ValueOrClose;
    return JsonStep.More;
  }

  private close(): JsonStep {
    if (--this.depth == 0) {
      this.expect = Expect.Nothing;
      return JsonStep.Close;
    }
    return this.endValue();
  }

  private endValue(): JsonStep {
    this.expect = Expect.CommaOrClose;
    return this.depth == 1 ? JsonStep.ValueEnd : JsonStep.More;
  }

  private readContents(end: usize): JsonStep {
    const start = this.at;
    let at = start;
    let special: u32 = 0;
    let high: u32 = 0; // Not 0: some byte is not ASCII.
    while (at < end) {
      const left = <i32>min<usize>(end - at, 16);
      const inside = (1 << left) - 1;
      special = specialBytes(at) & inside;
      if (special == 0) {
        high |= highBytes(at) & inside;
        at += 16;
        continue;
      }
      high |= highBytes(at) & (special ^ (special - 1));
      at += ctz(special);
      // Most escapes have two bytes, and stay in this loop. They are ASCII, so that UTF-8 is
      // checked across them.
      if (load<u8>(at) != Char.Backslash || at + 1 >= end || !isShortEscape(load<u8>(at + 1)))
        break;
      at += 2;
      special = 0;
    }
    if (special == 0) at = end;
    this.at = at;
    if ((high | this.utf8) != 0) this.utf8 = checkUtf8(this.utf8, start, at);
    if (special != 0) return this.readSpecial(load<u8>(at));
    return this.utf8 == UTF8_INVALID ? JsonStep.Invalid : JsonStep.More;
  }

  // A quote, a backslash or a control character, with the contents before it checked.
  private readSpecial(byte: u8): JsonStep {
    if (this.utf8 != UTF8_COMPLETE) return JsonStep.Invalid;
    this.at++;
    if (byte == Char.Backslash) {
      this.expect = Expect.Escaped;
      return JsonStep.More;
    }
    if (byte != Char.Quote) return JsonStep.Invalid;
    if (!this.inKey) return this.endValue();
    this.expect = Expect.Colon;
    return this.depth == 1 ? JsonStep.KeyEnd : JsonStep.More;
  }

  private readEscaped(): JsonStep {
    const byte = load<u8>(this.at++);
    this.expect = Expect.Contents;
    if (isShortEscape(byte)) return JsonStep.More;
    this.hexDigits = 4;
    this.expect = Expect.Hex;
    return byte == Char.u ? JsonStep.More : JsonStep.Invalid;
  }

  private readHex(): JsonStep {
    if (hexValue(load<u8>(this.at++)) < 0) return JsonStep.Invalid;
    if (--this.hexDigits == 0) this.expect = Expect.Contents;
    return JsonStep.More;
  }

  private readLiteral(): JsonStep {
    if (load<u8>(this.at++) != <u8>this.literal) return JsonStep.Invalid;
    this.literal >>= 8;
    return this.literal == 0 ? this.endValue() : JsonStep.More;
  }

  // A number ends at the first byte that does not continue it. That byte is not consumed.
  private readNumber(end: usize): JsonStep {
    let expect = this.expect;
    let at = this.at;
    for (; at < end; at++) {
      const after = afterNumberByte(expect, load<u8>(at));
      if (after == Expect.NumberEnd) break;
      expect = after;
    }
    this.at = at;
    this.expect = expect;
    if (at == end) return JsonStep.More;
    const isWhole =
      expect == Expect.Zero ||
      expect == Expect.Integer ||
      expect == Expect.Fraction ||
      expect == Expect.ExponentDigits;
    return isWhole ? this.endValue() : JsonStep.Invalid;
  }
}

// The letters of b, f, n, r and t: bit 0 is b.
const SHORT_ESCAPES: u32 = 0x51011;

// Whether `byte` makes an escape after a backslash: one of "/\bfnrt.
function isShortEscape(byte: u8): bool {
  const letter = byte - Char.b;
  if (letter < 19) return ((SHORT_ESCAPES >> letter) & 1) != 0;
  return byte == Char.Quote || byte == Char.Backslash || byte == Char.Slash;
}
