// A key that is too long to be held. `_` and `-` don't count in a key, so that it may be of any
// length and name a managed member all the same. Comes in: the key's bytes, in pieces split
// anywhere; goes out: the member that it names. Kept between calls: its folded form, as long as it
// can name a member, and an escape or a character that is split.

import { MAX_MEMBER_NAME_LENGTH } from "../../contract/limits";
import { Bytes, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { foldKey, unescapeString } from "../json/unescape";
import { EditPlan, HAS_NUL, NO_MEMBER } from "./edit-plan";

const MOST_BYTES: i32 = MAX_MEMBER_NAME_LENGTH;

// What is left of an escape (\uXXXX) or a character that is split, and the piece that follows it.
const REST_BYTES: usize = 5;
const PIECE_BYTES: usize = 123;
const piece = memory.data(128);

export class LongKey {
  /** The folded form so far. One more byte than a name may have: it then names no member. */
  private folded: Bytes = new ArrayBuffer(MOST_BYTES + 1);
  private foldedBytes: i32 = 0;
  private hasNul: bool = false;
  private rest: Bytes = new ArrayBuffer(<i32>REST_BYTES);
  private restBytes: usize = 0;

  /** Begins a new key. */
  restart(): void {
    this.foldedBytes = 0;
    this.restBytes = 0;
    this.hasNul = false;
  }

  /** Reads the next bytes of the key's contents, which the scanner has accepted. */
  feed(start: usize, end: usize): void {
    while (start < end && this.foldedBytes <= MOST_BYTES && !this.hasNul) {
      const from = piece + this.restBytes;
      const size = min(end - start, PIECE_BYTES);
      memory.copy(piece, changetype<usize>(this.rest), this.restBytes);
      memory.copy(from, start, size);
      this.fold(from + size);
      start += size;
    }
  }

  private fold(end: usize): void {
    const whole = lastWhole(end);
    this.restBytes = end - whole;
    memory.copy(changetype<usize>(this.rest), whole, this.restBytes);
    const textEnd = unescapeString(piece, whole, piece);
    if (find(0, piece, textEnd) != textEnd) this.hasNul = true;
    const bytes = <i32>(foldKey(piece, textEnd) - piece);
    const room = min(bytes, MOST_BYTES + 1 - this.foldedBytes);
    memory.copy(changetype<usize>(this.folded) + this.foldedBytes, piece, room);
    this.foldedBytes += room;
  }

  /** The index of the member that the whole key names, or NO_MEMBER, or HAS_NUL. */
  find(plan: EditPlan): i32 {
    if (this.hasNul) return HAS_NUL;
    if (this.foldedBytes > MOST_BYTES) return NO_MEMBER;
    const start = changetype<usize>(this.folded);
    return plan.find(start, start + this.foldedBytes);
  }
}

// Where the escape or character begins that ends after `end`, or `end`.
function lastWhole(end: usize): usize {
  let at: usize = piece;
  while (at < end) {
    const after = at + sizeAt(at, end);
    if (after > end) break;
    at = after;
  }
  return at;
}

function sizeAt(at: usize, end: usize): usize {
  const byte = load<u8>(at);
  if (byte == Char.Backslash) return at + 1 < end && load<u8>(at + 1) == Char.u ? 6 : 2;
  if (byte < 0xc0) return 1;
  return byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
}
