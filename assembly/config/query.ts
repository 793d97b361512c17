// The members of a URL's query: where they begin and end, and their names as a server reads them.
// Comes in: the bytes after the question mark. Nothing is copied. Kept between calls: the position.

import { Bytes, find, hexValue, lowerByte } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/** Iterates over the members, which ampersands separate. */
export class QueryMembers {
  /** The member as it came, and the end of its name. */
  start: usize = 0;
  end: usize = 0;
  nameEnd: usize = 0;

  private at: usize = 0;
  private queryEnd: usize = 0;

  /** Begins with the first member from `start` to `end`. */
  open(start: usize, end: usize): this {
    this.at = start;
    this.queryEnd = end;
    return this;
  }

  /** Goes to the next member that is not empty. False after the last. */
  next(): bool {
    do {
      if (this.at >= this.queryEnd) return false;
      this.start = this.at;
      this.end = find(Char.Ampersand, this.start, this.queryEnd);
      this.at = this.end + 1;
    } while (this.end == this.start);
    this.nameEnd = find(Char.Equals, this.start, this.end);
    return true;
  }
}

/** The names in a query, decoded and in lower case. */
export function queryNames(query: Bytes): Bytes[] {
  const names: Bytes[] = [];
  const start = changetype<usize>(query);
  const members = new QueryMembers().open(start, start + query.byteLength);
  while (members.next()) {
    const buffer = new ArrayBuffer(<i32>(members.nameEnd - members.start));
    let size = 0;
    for (let at = members.start; at < members.nameEnd; at += encodedBytes(at, members.nameEnd)) {
      store<u8>(changetype<usize>(buffer) + size++, decodedByte(at, members.nameEnd));
    }
    names.push(buffer.slice(0, size));
  }
  return names;
}

/**
 * Whether the encoded name from `start` to `end` decodes to `name`, which is in lower case, as the
 * loosest servers read it: `-`, `.` and a space count as `_`, `name[]` as `name`, and leading spaces
 * don't count (PHP).
 */
export function isQueryName(name: Bytes, start: usize, end: usize): bool {
  let expected = changetype<usize>(name);
  const expectedEnd = expected + name.byteLength;
  let at = start;
  while (at < end && decodedByte(at, end) == Char.Space) at += encodedBytes(at, end);
  for (; at < end; at += encodedBytes(at, end)) {
    const byte = decodedByte(at, end);
    if (byte == 0 || byte == Char.OpenBracket) break; // A reader in C ends the name at a NUL.
    if (expected == expectedEnd || foldByte(byte) != foldByte(load<u8>(expected++))) return false;
  }
  return expected == expectedEnd || load<u8>(expected) == Char.OpenBracket;
}

function foldByte(byte: u8): u8 {
  const isUnderscore = byte == Char.Minus || byte == Char.Point || byte == Char.Space;
  return isUnderscore ? Char.Underscore : byte;
}

function isEncoded(at: usize, end: usize): bool {
  if (load<u8>(at) != Char.Percent || end - at < 3) return false;
  return hexValue(load<u8>(at + 1)) >= 0 && hexValue(load<u8>(at + 2)) >= 0;
}

function encodedBytes(at: usize, end: usize): usize {
  return isEncoded(at, end) ? 3 : 1;
}

function decodedByte(at: usize, end: usize): u8 {
  if (isEncoded(at, end)) {
    return lowerByte(<u8>((hexValue(load<u8>(at + 1)) << 4) | hexValue(load<u8>(at + 2))));
  }
  const byte = load<u8>(at);
  return byte == Char.Plus ? Char.Space : lowerByte(byte);
}
