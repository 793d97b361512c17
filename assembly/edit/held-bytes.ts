// The member that is undecided: neither kept nor blanked yet. Comes in: places in a chunk, and the
// chunk's end; goes out: the held bytes, before the next chunk. Kept between calls: the member's
// bytes so far, at most MAX_HELD_MEMBER_BYTES, and the places in them.

import { Bytes, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/**
 * The most bytes that are held: as many must be writable before a chunk. A comma, the longest key
 * that is compared, a colon and the longest value that is judged take 654. Whitespace for which no
 * room is left goes out before them.
 */
export const MAX_HELD_MEMBER_BYTES: usize = 768;

export class HeldBytes {
  // While a chunk is read, these are places in memory. Between two chunks they are distances from
  // the first held byte, plus one. 0 if there is none.
  /**
   * The first byte of the member: its comma, or the quote of the first key. 0 if no member is
   * undecided.
   */
  start: usize = 0;
  keyStart: usize = 0;
  keyEnd: usize = 0;
  valueStart: usize = 0;

  /** How many bytes are held between two chunks. */
  size: i32 = 0;
  /** Memory for them, which is kept for the next body. */
  private buffer: Bytes | null = null;

  /** Begins a new body. */
  restart(): void {
    this.size = 0;
    this.begin(0);
  }

  /** A member begins at `start`. */
  begin(start: usize): void {
    this.start = start;
    this.keyStart = this.keyEnd = this.valueStart = 0;
  }

  /**
   * Copies the held bytes to the memory right before `chunkStart`, and turns the distances into
   * places. Returns where the held bytes begin, or `chunkStart` if there are none.
   */
  restore(chunkStart: usize): usize {
    const size = this.size;
    if (size == 0) return chunkStart;
    const from = chunkStart - size;
    memory.copy(from, changetype<usize>(this.buffer), size);
    this.size = 0;
    this.move(from - 1);
    return from;
  }

  /** Holds the member up to `end`, where the chunk ends. Returns where the held bytes begin. */
  hold(end: usize): usize {
    if (end - this.start > MAX_HELD_MEMBER_BYTES) this.moveWhitespaceOut(end);
    const from = this.start;
    this.store(from, end);
    this.move(1 - from);
    return from;
  }

  private store(start: usize, end: usize): void {
    const size = end - start;
    let buffer = this.buffer;
    if (buffer === null || <usize>buffer.byteLength < size) {
      // Doubled, so that a client that sends single bytes costs no more than a few allocations.
      buffer = new ArrayBuffer(<i32>min(size * 2, MAX_HELD_MEMBER_BYTES));
      this.buffer = buffer;
    }
    memory.copy(changetype<usize>(buffer), start, size);
    this.size = <i32>size;
  }

  private move(by: usize): void {
    this.start += by;
    if (this.keyStart != 0) this.keyStart += by;
    if (this.keyEnd != 0) this.keyEnd += by;
    if (this.valueStart != 0) this.valueStart += by;
  }

  // Whitespace between the member's tokens may be of any length: it goes out first, and the tokens
  // move together after it.
  private moveWhitespaceOut(end: usize): void {
    const hasComma = load<u8>(this.start) == Char.Comma;
    let to = this.valueStart != 0 ? this.valueStart : end;
    if (this.keyEnd != 0) {
      const hasColon = find(Char.Colon, this.keyEnd, to) != to;
      if (hasColon) store<u8>(--to, Char.Colon);
      const keyBytes = this.keyEnd - this.keyStart;
      memory.copy(to - keyBytes, this.keyStart, keyBytes);
      this.keyEnd = to;
      this.keyStart = to -= keyBytes;
    } else if (this.keyStart != 0) {
      to = this.keyStart;
    }
    if (hasComma) store<u8>(--to, Char.Comma);
    memory.fill(this.start, Char.Space, to - this.start);
    this.start = to;
  }
}
