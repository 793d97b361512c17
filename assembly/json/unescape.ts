// Strings in JSON as readers take them: their escapes, and keys that some readers take for the same.
// A run is given by its `start` and its `end`, which is just past it. Nothing is kept between calls.

import { hexValue, lowerByte } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/**
 * Folds a string as the loosest readers of JSON compare keys, in place, and returns the new end:
 * ASCII letters in lower case; every other character whose lower or upper case is ASCII as those
 * letters, such as U+017F as `s` and U+212A as `k` (Go's encoding/json), or U+FB06 as `st`; U+0130
 * and U+0131 as `i` (Java); without `_` and `-`, as some readers take `maxTokens` for `max_tokens`
 * (protobuf's JSON form).
 */
export function foldKey(start: usize, end: usize): usize {
  let to = start;
  for (let at = start; at < end;) {
    const byte = load<u8>(at);
    const wide = byte < 0x80 ? 0 : foldWide(at, end);
    if (wide == 0) {
      at++;
      if (byte != Char.Underscore && byte != Char.Minus) store<u8>(to++, lowerByte(byte));
      continue;
    }
    at += wide >> 24;
    for (let letters = wide & 0xffffff; letters != 0; letters >>= 8) store<u8>(to++, <u8>letters);
  }
  return to;
}

// UTF-8 bytes as load<u16> reads them, the first in the lowest byte.
const LONG_S: u32 = 0xbfc5; // U+017F
const DOTTED_I: u32 = 0xb0c4; // U+0130
const DOTLESS_I: u32 = 0xb1c4; // U+0131
const SHARP_S: u32 = 0x9fc3; // U+00DF
const KELVIN_START: u32 = 0x84e2; // U+212A, of three bytes
const KELVIN_END: u8 = 0xaa;
const CAPITAL_SHARP_S_START: u32 = 0xbae1; // U+1E9E, of three bytes
const CAPITAL_SHARP_S_END: u8 = 0x9e;
const LIGATURES_START: u32 = 0xacef; // U+FB00 to U+FB06, of three bytes
const ESCAPED_UNIT: u16 = 0x755c; // A backslash and `u`

// The size of a character in the highest byte; the letters that it folds to are below, the first in
// the lowest byte.
const TWO: u32 = 2 << 24;
const THREE: u32 = 3 << 24;
const SS: u32 = 0x7373;
// Letters of the ligatures, in the order of their code points.
const ligatures: StaticArray<u32> = [
  0x6666, // ff
  0x6966, // fi
  0x6c66, // fl
  0x696666, // ffi
  0x6c6666, // ffl
  0x7473, // st
  0x7473,
];

// The size and the letters of the character at `at`, or 0 if it doesn't fold to ASCII.
function foldWide(at: usize, end: usize): u32 {
  const left = end - at;
  const pair: u32 = left >= 2 ? load<u16>(at) : 0;
  if (pair == LONG_S) return TWO | Char.s;
  if (pair == DOTTED_I || pair == DOTLESS_I) return TWO | Char.i;
  if (pair == SHARP_S) return TWO | SS;
  if (left < 3) return 0;
  const third = load<u8>(at + 2);
  if (pair == KELVIN_START && third == KELVIN_END) return THREE | Char.k;
  if (pair == CAPITAL_SHARP_S_START && third == CAPITAL_SHARP_S_END) return THREE | SS;
  const ligature = third - 0x80;
  if (pair == LIGATURES_START && ligature < <u8>ligatures.length)
    return THREE | ligatures[ligature];
  return 0;
}

/**
 * Writes the UTF-8 of a well-formed JSON string's contents (between its quotes) to `out` and
 * returns the end of it. Never longer than the contents. A lone surrogate becomes three bytes that
 * are not valid UTF-8.
 */
export function unescapeString(start: usize, end: usize, out: usize): usize {
  let at = start;
  while (at < end) {
    const byte = load<u8>(at++);
    if (byte != Char.Backslash) {
      store<u8>(out++, byte);
      continue;
    }
    const escape = load<u8>(at++);
    if (escape != Char.u) {
      store<u8>(out++, unescapedByte(escape));
      continue;
    }
    let code = codeUnit(at);
    at += 4;
    if ((code & 0xfc00) == 0xd800 && at + 6 <= end && load<u16>(at) == ESCAPED_UNIT) {
      const low = codeUnit(at + 2);
      if ((low & 0xfc00) == 0xdc00) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
        at += 6;
      }
    }
    out = writeUtf8(code, out);
  }
  return out;
}

function unescapedByte(escape: u8): u8 {
  switch (escape) {
    case Char.b:
      return Char.Backspace;
    case Char.f:
      return Char.FormFeed;
    case Char.n:
      return Char.LineFeed;
    case Char.r:
      return Char.Return;
    case Char.t:
      return Char.Tab;
    default:
      return escape;
  }
}

function codeUnit(at: usize): u32 {
  let value: u32 = 0;
  for (let i: usize = 0; i < 4; i++) value = (value << 4) | hexValue(load<u8>(at + i));
  return value;
}

function writeUtf8(code: u32, out: usize): usize {
  if (code < 0x80) {
    store<u8>(out, <u8>code);
    return out + 1;
  }
  const size: u32 = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (let i = size - 1; i > 0; i--) {
    store<u8>(out + i, <u8>(0x80 | (code & 0x3f)));
    code >>= 6;
  }
  store<u8>(out, <u8>((0xf00 >> size) | code));
  return out + size;
}
