// A set of header names, made once from the configuration and read for each header of each request.
// Names are grouped by length, so that most headers are compared with none.

import { Bytes, equalsHeaderName, isAlphanumeric } from "../bytes/bytes";
import { Char } from "../bytes/chars";

// Longer names are in the group of this length.
const MOST_BYTES: usize = 32;

export class HeaderSet {
  private byLength: StaticArray<Bytes[]> = new StaticArray<Bytes[]>(<i32>MOST_BYTES + 1);

  constructor() {
    for (let i = 0; i < this.byLength.length; i++) this.byLength[i] = [];
  }

  /** Adds a name, in lower case; whatever is not a letter or a digit in it counts as `-`. */
  add(name: Bytes): void {
    const folded = name.slice(0);
    const start = changetype<usize>(folded);
    const end = start + folded.byteLength;
    for (let at = start; at < end; at++)
      if (!isAlphanumeric(load<u8>(at))) store<u8>(at, Char.Minus);
    if (!this.has(start, end)) this.sameLength(start, end).push(folded);
  }

  /** Whether the run, in lower case, is one of the names. The same counts as `-` in it. */
  has(start: usize, end: usize): bool {
    const names = this.sameLength(start, end);
    for (let i = 0; i < names.length; i++) {
      if (equalsHeaderName(unchecked(names[i]), start, end)) return true;
    }
    return false;
  }

  private sameLength(start: usize, end: usize): Bytes[] {
    return unchecked(this.byLength[<i32>min(end - start, MOST_BYTES)]);
  }
}
