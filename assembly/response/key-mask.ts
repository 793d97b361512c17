// Hides keys in the body of an error: providers repeat the key that they refuse. Comes in: a piece of
// the body in memory; goes out: the same memory, in which each byte of a key is a star, so that the
// length stays. Kept between calls: how many bytes at the end of the last piece are held, as they may
// begin a key: fewer than the key has. They are the key's own.

import { areSame, Bytes, findBytes } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/** After `hide`: what goes out, and whether it differs from the piece that came in. */
export let maskedStart: usize = 0;
export let maskedEnd: usize = 0;
export let isMasked: bool = false;

export class KeyMask {
  heldBytes: usize = 0;
  /** What the held bytes begin. */
  heldKey: Bytes = new ArrayBuffer(0);

  /** Sorts `hidden`: the longest first, as a key may hold another, such as the name of a tenant. */
  constructor(private hidden: Bytes[]) {
    for (let i = 1; i < hidden.length; i++) {
      const key = unchecked(hidden[i]);
      let at = i;
      for (; at > 0 && unchecked(hidden[at - 1]).byteLength < key.byteLength; at--) {
        unchecked((hidden[at] = hidden[at - 1]));
      }
      unchecked((hidden[at] = key));
    }
  }

  /**
   * Reads the piece from `start` to `end`; of the last one, nothing is held. As many bytes as the
   * longest key has may be overwritten before it, and READ_AHEAD_BYTES must follow it in memory.
   */
  hide(start: usize, end: usize, isLast: bool): void {
    isMasked = this.heldBytes != 0;
    maskedStart = start - this.heldBytes;
    memory.copy(maskedStart, changetype<usize>(this.heldKey), this.heldBytes);
    maskedEnd = end;
    const hidden = this.hidden;
    for (let i = 0; i < hidden.length; i++) {
      hideKey(hidden[i], end);
      if (!isLast) this.hold(hidden[i], end);
    }
    this.heldBytes = end - maskedEnd;
    if (maskedEnd != end) isMasked = true;
  }

  // Holds what may begin the key at the end, if that is more than what is held for other keys.
  private hold(key: Bytes, end: usize): void {
    let at = end - min(end - maskedStart, <usize>key.byteLength - 1);
    while (!areSame(changetype<usize>(key), at, end - at)) at++;
    if (at >= maskedEnd) return;
    maskedEnd = at;
    this.heldKey = key;
  }
}

// What is held for a longer key stays as it is.
function hideKey(key: Bytes, end: usize): void {
  const size = <usize>key.byteLength;
  let at = findBytes(key, maskedStart, end);
  while (at < maskedEnd) {
    memory.fill(at, Char.Star, size);
    isMasked = true;
    at = findBytes(key, at + size, end);
  }
}
