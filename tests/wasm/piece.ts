// Bytes in memory of their own, for functions that take a start and an end. Quotes are around them,
// so that reads beyond the end show.

/** How many bytes are before and after a piece. */
export const MARGIN: usize = 1024;

const QUOTE: u8 = 0x22;

export class Piece {
  start: usize;
  end: usize = 0;
  private memory: ArrayBuffer;

  /** Never holds more than `capacity` bytes. */
  constructor(bytes: ArrayBuffer, capacity: i32 = bytes.byteLength) {
    this.memory = new ArrayBuffer(<i32>(MARGIN * 2) + capacity);
    this.start = changetype<usize>(this.memory) + MARGIN;
    this.hold(bytes);
  }

  /** Puts other bytes in the same place. */
  hold(bytes: ArrayBuffer): void {
    this.end = this.start + bytes.byteLength;
    memory.fill(changetype<usize>(this.memory), QUOTE, this.memory.byteLength);
    memory.copy(this.start, changetype<usize>(bytes), bytes.byteLength);
  }

  /**
   * Whether all quotes are intact, except `before` right before the piece and `behind` right after
   * it.
   */
  isIntact(before: usize, behind: usize): bool {
    const first = changetype<usize>(this.memory);
    const last = first + this.memory.byteLength;
    for (let at = first; at < this.start - before; at++) if (load<u8>(at) != QUOTE) return false;
    for (let at = this.end + behind; at < last; at++) if (load<u8>(at) != QUOTE) return false;
    return true;
  }
}

/** The UTF-8 bytes of a text. */
export function pieceOf(text: string): Piece {
  return new Piece(String.UTF8.encode(text));
}

/** The bytes of a text of hexadecimal digits. Spaces are ignored. */
export function bytesOfHex(text: string): ArrayBuffer {
  const digits = text.replaceAll(" ", "");
  const bytes = new Uint8Array(digits.length / 2);
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = <u8>parseInt(digits.substring(i * 2, i * 2 + 2), 16);
  }
  return bytes.buffer;
}

/** The text between two places. */
export function textBetween(start: usize, end: usize): string {
  return String.UTF8.decodeUnsafe(start, end - start);
}
