// Comparing runs of bytes. A run is given by its `start` and its `end`,
// which is just past it. Nothing is kept between calls.

import { CASE_BIT, Char } from "./chars";

/** UTF-8 bytes that the filter owns. */
export type Bytes = ArrayBuffer;

/**
 * The UTF-8 bytes of `text`, without a terminator. Those of a literal are a constant of the module
 * (scripts/static-data.mjs), and must not be written to.
 */
export function bytesOf(text: string): Bytes {
  return String.UTF8.encode(text);
}

/** A copy of the run. */
export function copyOf(start: usize, end: usize): Bytes {
  const bytes = new ArrayBuffer(<i32>(end - start));
  memory.copy(changetype<usize>(bytes), start, end - start);
  return bytes;
}

/** Whether the run holds exactly `bytes`. */
export function equals(bytes: Bytes, start: usize, end: usize): bool {
  const size = <usize>bytes.byteLength;
  return end - start == size && areSame(changetype<usize>(bytes), start, size);
}

/** Whether the run begins with `bytes`. */
export function startsWith(bytes: Bytes, start: usize, end: usize): bool {
  const size = <usize>bytes.byteLength;
  return end - start >= size && areSame(changetype<usize>(bytes), start, size);
}

/** Whether the run ends with `bytes`. */
export function endsWith(bytes: Bytes, start: usize, end: usize): bool {
  const size = <usize>bytes.byteLength;
  return end - start >= size && areSame(changetype<usize>(bytes), end - size, size);
}

/** Whether the `size` bytes from `left` and from `right` on are the same. */
// memory.compare goes byte by byte unless both are aligned in the same way.
export function areSame(left: usize, right: usize, size: usize): bool {
  for (; size >= 8; size -= 8) {
    if (load<u64>(left) != load<u64>(right)) return false;
    left += 8;
    right += 8;
  }
  for (; size != 0; size--) {
    if (load<u8>(left++) != load<u8>(right++)) return false;
  }
  return true;
}

/** The place of the first `byte` between `start` and `end`, or `end`. */
export function find(byte: u8, start: usize, end: usize): usize {
  let at = start;
  while (at < end && load<u8>(at) != byte) at++;
  return at;
}

/**
 * Whether the run contains `bytes`, which must not be empty. Reads READ_AHEAD_BYTES after `end`.
 */
export function contains(bytes: Bytes, start: usize, end: usize): bool {
  return findBytes(bytes, start, end) != end;
}

/**
 * The place of the first `bytes` in the run, or `end`. They must not be empty. Reads
 * READ_AHEAD_BYTES after `end`.
 */
export function findBytes(bytes: Bytes, start: usize, end: usize): usize {
  const size = <usize>bytes.byteLength;
  const tail = size - 1;
  const first = i8x16.splat(load<u8>(changetype<usize>(bytes)));
  const last = i8x16.splat(load<u8>(changetype<usize>(bytes) + tail));
  for (let at = start; at + size <= end; at += 16) {
    const starts = i8x16.eq(v128.load(at), first);
    let hits = i8x16.bitmask(v128.and(starts, i8x16.eq(v128.load(at + tail), last)));
    for (; hits != 0; hits &= hits - 1) {
      const found = at + ctz(hits);
      if (found + size > end) return end;
      if (areSame(changetype<usize>(bytes), found, size)) return found;
    }
  }
  return end;
}

/** Whether the run equals `lowerCase` if case is ignored in its ASCII letters. */
export function equalsIgnoringCase(lowerCase: Bytes, start: usize, end: usize): bool {
  const size = <usize>lowerCase.byteLength;
  if (end - start != size) return false;
  if (areSame(changetype<usize>(lowerCase), start, size)) return true;
  for (let i: usize = 0; i < size; i++) {
    if (lowerByte(load<u8>(start + i)) != load<u8>(changetype<usize>(lowerCase) + i)) return false;
  }
  return true;
}

/** `byte`, in lower case if it is an ASCII letter. */
export function lowerByte(byte: u8): u8 {
  return byte - Char.A < 26 ? byte | CASE_BIT : byte;
}

/**
 * Whether the run is the header name `name`. Any character but a letter or a digit counts as `-`: to
 * CGI and its successors `_` is the same, and to some of them (lighttpd) `.` and the rest as well.
 * Both are in lower case.
 */
export function equalsHeaderName(name: Bytes, start: usize, end: usize): bool {
  const size = <usize>name.byteLength;
  if (end - start != size) return false;
  for (let i: usize = 0; i < size; i++) {
    const byte = load<u8>(start + i);
    const expected = load<u8>(changetype<usize>(name) + i);
    if (byte != expected && (expected != Char.Minus || isAlphanumeric(byte))) return false;
  }
  return true;
}

/** Whether `byte` is a decimal digit or a lower-case letter. */
export function isAlphanumeric(byte: u8): bool {
  return isDigit(byte) || byte - Char.a < 26;
}

/** What `parseWhole` returns if the run is not a whole number. */
export const NOT_WHOLE: u64 = U64.MAX_VALUE;

/** The value of a whole number of at most 18 significant decimal digits, or NOT_WHOLE. */
export function parseWhole(start: usize, end: usize): u64 {
  while (end - start > 1 && load<u8>(start) == Char.Zero) start++;
  if (end == start || end - start > 18) return NOT_WHOLE;
  let value: u64 = 0;
  for (let at = start; at < end; at++) {
    const digit = load<u8>(at) - Char.Zero;
    if (digit >= 10) return NOT_WHOLE;
    value = value * 10 + digit;
  }
  return value;
}

/** The most digits that `writeWhole` writes. */
export const MOST_DIGITS: i32 = 20;

/** Writes a whole number in decimal to `to` and returns the end of it. */
export function writeWhole(value: u64, to: usize): usize {
  let end = to;
  for (let rest = value; rest > 9; rest /= 10) end++;
  for (let at = end; at > to; at--) {
    store<u8>(at, <u8>(Char.Zero + (value % 10)));
    value /= 10;
  }
  store<u8>(to, <u8>(Char.Zero + value));
  return end + 1;
}

/** A whole number in decimal. */
export function decimal(value: u64): string {
  const digits = memory.data(MOST_DIGITS);
  return String.UTF8.decodeUnsafe(digits, writeWhole(value, digits) - digits);
}

/** Whether `byte` is a decimal digit. */
export function isDigit(byte: u8): bool {
  return byte - Char.Zero < 10;
}

/** The value of a hexadecimal digit, or -1. */
export function hexValue(byte: u8): i32 {
  if (isDigit(byte)) return byte - Char.Zero;
  const letter = (byte | CASE_BIT) - Char.a;
  return letter < 6 ? letter + 10 : -1;
}

/** The bytes of an ASCII name in lower case. */
export function lowerBytes(name: string): Bytes {
  return lowerInPlace(bytesOf(name));
}

/** `bytes`, of which the ASCII letters have become lower case. */
export function lowerInPlace(bytes: Bytes): Bytes {
  for (let i = 0; i < bytes.byteLength; i++) {
    const at = changetype<usize>(bytes) + i;
    store<u8>(at, lowerByte(load<u8>(at)));
  }
  return bytes;
}
