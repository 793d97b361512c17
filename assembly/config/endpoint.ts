// An endpoint that a provider serves, and which paths are its own. Comes in: a path, or what follows
// the base in it; goes out: whether it is the endpoint's. What a `*` stands for can't lead a server
// to another path, however it decodes or normalises: no dot segment, no second slash, no semicolon,
// no escape of such a character. Nothing is kept between calls.

import { EndpointBody } from "../../contract/endpoints";
import { Bytes, bytesOf, equals, find, hexValue } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { matchesGlob } from "../bytes/glob";

/** Longer segments match no `*`, so that a glob takes few steps. */
const MAX_SEGMENT_BYTES: usize = 1024;

const CHAT_COMPLETIONS = bytesOf("/chat/completions");
// `**`, as load<u16> reads it.
const REST: u16 = 0x2a2a;

export class Endpoint {
  path: Bytes;
  /** Whether it is chat completions, whose path at the provider is the configured one. */
  isChat: bool;
  /** What is between the slashes; null if the path has no `*`. */
  private segments: Bytes[] | null = null;

  constructor(
    /** A bit for each method, by its index in endpointMethods. */
    public methods: u32,
    public body: EndpointBody,
    path: string,
  ) {
    this.path = bytesOf(path);
    const start = changetype<usize>(this.path);
    this.isChat = equals(CHAT_COMPLETIONS, start, start + this.path.byteLength);
    if (path.includes("*")) {
      const segments = path.substring(1).split("/");
      this.segments = segments.map<Bytes>((segment) => bytesOf(segment));
    }
  }

  /** Whether the path from `start` to `end` is the endpoint's. */
  matches(start: usize, end: usize): bool {
    const segments = this.segments;
    return segments === null ? equals(this.path, start, end) : matchAll(segments, start, end);
  }
}

function matchAll(segments: Bytes[], start: usize, end: usize): bool {
  let at = start;
  for (let i = 0; i < segments.length; i++) {
    if (at == end || load<u8>(at) != Char.Slash) return false;
    const segment = unchecked(segments[i]);
    const segmentStart = at + 1;
    at = find(Char.Slash, segmentStart, end);
    if (isRest(segment)) {
      if (!isPlain(segmentStart, at, true) && segmentStart != end) return false;
      // The rest is all of the segments that follow.
      if (at != end) i--;
    } else if (!isPlain(segmentStart, at, false) || !matchesOne(segment, segmentStart, at)) {
      return false;
    }
  }
  return at == end;
}

function isRest(segment: Bytes): bool {
  return segment.byteLength == 2 && load<u16>(changetype<usize>(segment)) == REST;
}

// A colon in the glob begins what is called, as in `*:generateContent`: the path has no other.
function matchesOne(glob: Bytes, start: usize, end: usize): bool {
  const globStart = changetype<usize>(glob);
  const colons = countColons(globStart, globStart + glob.byteLength);
  return matchesGlob(glob, start, end) && (colons == 0 || countColons(start, end) == colons);
}

function countColons(start: usize, end: usize): i32 {
  let count = 0;
  for (let at = start; at < end; at++) {
    const byte = load<u8>(at);
    if (byte == Char.Colon || (byte == Char.Percent && escaped(at, end) == Char.Colon)) count++;
  }
  return count;
}

// Whether every server reads the segment as one, and as itself. An escaped slash may separate
// segments of the rest.
function isPlain(start: usize, end: usize, isRest: bool): bool {
  const size = end - start;
  if (size - 1 >= MAX_SEGMENT_BYTES) return false;
  if (size == 1 && load<u8>(start) == Char.Point) return false;
  let before: u8 = 0;
  for (let at = start; at < end; at++) {
    let byte = load<u8>(at);
    if (byte == Char.Percent) {
      byte = escaped(at, end);
      if (byte == Char.Point || (byte == Char.Slash && !isRest)) return false;
      at += 2;
    }
    if (byte < Char.Space || byte >= Char.Delete || isSpecial(byte)) return false;
    if (byte == Char.Point && before == Char.Point) return false;
    before = byte;
  }
  return true;
}

function isSpecial(byte: u8): bool {
  return (
    byte == Char.Backslash ||
    byte == Char.Semicolon ||
    byte == Char.Percent ||
    byte == Char.Question ||
    byte == Char.Hash
  );
}

// The byte that is escaped at `at`, or 0 if it is not an escape.
function escaped(at: usize, end: usize): u8 {
  if (end - at < 3) return 0;
  const high = hexValue(load<u8>(at + 1));
  const low = hexValue(load<u8>(at + 2));
  return high < 0 || low < 0 ? 0 : <u8>((high << 4) | low);
}
