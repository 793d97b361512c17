// Hides the key in the body of an error: providers repeat the key that they refuse. Comes in: a
// piece of the body in memory; goes out: the same memory, in which each byte of the key is a star,
// so that the length stays. Kept between calls, by the caller: how many bytes at the end of the
// last piece are held, as they may begin the key: fewer than the key has. They are the key's own.

import { areSame, Bytes, findBytes } from "../bytes/bytes";
import { Char } from "../bytes/chars";

/** After `hideKey`: what goes out, and whether it differs from the piece that came in. */
export let maskedStart: usize = 0;
export let maskedEnd: usize = 0;
export let isMasked: bool = false;

/**
 * Reads the piece from `start` to `end`, before which `heldBytes` are held, and returns how many
 * are held then. As many bytes as the key has may be overwritten before the piece, and
 * READ_AHEAD_BYTES must follow it in memory.
 */
export function hideKey(key: Bytes, heldBytes: usize, start: usize, end: usize): usize {
  const size = <usize>key.byteLength;
  isMasked = heldBytes != 0;
  maskedStart = start - heldBytes;
  memory.copy(maskedStart, changetype<usize>(key), heldBytes);
  let at = findBytes(key, maskedStart, end);
  while (at != end) {
    memory.fill(at, Char.Star, size);
    isMasked = true;
    at = findBytes(key, at + size, end);
  }
  at = end - min(end - maskedStart, size - 1);
  while (!areSame(changetype<usize>(key), at, end - at)) at++;
  maskedEnd = at;
  if (at != end) isMasked = true;
  return end - at;
}
