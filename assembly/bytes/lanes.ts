// Searches 16 bytes at a time, a byte in each lane of a vector. Nothing is kept between calls.

import { CASE_BIT, Char } from "./chars";

/** How many bytes after the end of a piece are read and ignored: they must be in memory. */
export const READ_AHEAD_BYTES: usize = 16;

/**
 * Bit i is set if byte i from `at` on is special within a JSON string: a quote, a backslash, or a
 * control character.
 */
export function specialBytes(at: usize): u32 {
  const block = v128.load(at);
  return i8x16.bitmask(
    v128.or(
      v128.or(
        i8x16.eq(block, i8x16.splat(Char.Quote)),
        i8x16.eq(block, i8x16.splat(Char.Backslash)),
      ),
      i8x16.lt_u(block, i8x16.splat(Char.Space)),
    ),
  );
}

/** Bit i is set if byte i from `at` on is not ASCII. */
export function highBytes(at: usize): u32 {
  return i8x16.bitmask(v128.load(at));
}

/**
 * The first byte from `at` on that is not JSON whitespace, or `end`. Reads READ_AHEAD_BYTES after
 * `end`.
 */
export function skipWhitespace(at: usize, end: usize): usize {
  if (at < end && load<u8>(at) > Char.Space) return at;
  for (; at < end; at += 16) {
    const block = v128.load(at);
    const blank = v128.or(
      v128.or(
        i8x16.eq(block, i8x16.splat(Char.Space)),
        i8x16.eq(block, i8x16.splat(Char.LineFeed)),
      ),
      v128.or(i8x16.eq(block, i8x16.splat(Char.Return)), i8x16.eq(block, i8x16.splat(Char.Tab))),
    );
    const other = i8x16.bitmask(blank) ^ 0xffff;
    if (other != 0) return min(at + ctz(other), end);
  }
  return end;
}

/** The first quote, brace or bracket from `at` on, or `end`. Reads READ_AHEAD_BYTES after `end`. */
export function findStructure(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const block = v128.load(at);
    // Braces are brackets with one more bit.
    const folded = v128.or(block, i8x16.splat(CASE_BIT));
    const mask = i8x16.bitmask(
      v128.or(
        i8x16.eq(block, i8x16.splat(Char.Quote)),
        v128.or(
          i8x16.eq(folded, i8x16.splat(Char.OpenBrace)),
          i8x16.eq(folded, i8x16.splat(Char.CloseBrace)),
        ),
      ),
    );
    if (mask != 0) return min(at + ctz(mask), end);
  }
  return end;
}

/** The first CR or LF from `at` on, or `end`. Reads READ_AHEAD_BYTES after `end`. */
export function findLineEnd(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const block = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(
        i8x16.eq(block, i8x16.splat(Char.LineFeed)),
        i8x16.eq(block, i8x16.splat(Char.Return)),
      ),
    );
    if (mask != 0) return min(at + ctz(mask), end);
  }
  return end;
}
