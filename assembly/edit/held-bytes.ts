// The member of which it is not known yet whether it goes out. Comes in: places in a chunk, and the chunk's end; goes out: at the next
// chunk the same bytes in front of it. Kept between calls: the bytes from the member's comma on, or from the first key's quote on, at most
// MAX_HELD_MEMBER_BYTES, and the places in them.

import { Bytes, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/**
 * The most bytes that are held: so many must be writable before a chunk. A comma, the longest key that is compared, a colon and the longest
 * value that is judged take 654; whitespace that does not fit beside them goes out before them.
 */
export const MAX_HELD_MEMBER_BYTES: usize = 768;

export class HeldBytes {
  // Places in memory while a chunk is read, and between two chunks distances from the first held byte, plus one; 0 if there is none.
  /** The first byte of the member: its comma, or the first key's quote. 0: no member is undecided. */
  start: usize = 0;
  keyStart: usize = 0;
  keyEnd: usize = 0;
  valueStart: usize = 0;

  /** Memory for the bytes, which is kept for the next body, and how many are in it. */
  private buffer: Bytes | null = null;
  private size: usize = 0;

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

  /** Copies the held bytes to right before `chunkStart`, and makes places of the distances. Returns where what is to be forwarded begins. */
  restore(chunkStart: usize): usize {
    const size = this.size;
    if (size == 0) return chunkStart;
    const from = chunkStart - size;
    memory.copy(from, changetype<usize>(this.buffer), size);
    this.size = 0;
    this.move(from - 1);
    return from;
  }

  /** Holds the bytes of the member up to `end`, where the chunk ends. Returns where they begin. */
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
    this.size = size;
  }

  private move(by: usize): void {
    this.start += by;
    if (this.keyStart != 0) this.keyStart += by;
    if (this.keyEnd != 0) this.keyEnd += by;
    if (this.valueStart != 0) this.valueStart += by;
  }

  // Whitespace between the member's tokens may be of any length: it goes out first, and the tokens move together after it.
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
