// Iterates over headers as the host serialises them: a count, then each name's and value's size,
// then each name and value with a NUL after it. Nothing is copied. Kept between calls: the
// position.

import { bytesOf } from "../bytes/bytes";

// Names and values that both request and response headers are read by.
export const CONTENT_LENGTH = bytesOf("content-length");
export const CONTENT_TYPE = bytesOf("content-type");
export const CONTENT_ENCODING = bytesOf("content-encoding");
export const IDENTITY = bytesOf("identity");
export const JSON_TYPE = bytesOf("application/json");

export class HeaderPairs {
  nameStart: usize = 0;
  nameEnd: usize = 0;
  valueStart: usize = 0;
  valueEnd: usize = 0;

  private sizes: usize = 0;
  private sizesEnd: usize = 0;

  /** Begins at the first header of those from `start` on. */
  open(start: usize, end: usize): this {
    const count = end - start >= 4 ? <usize>load<u32>(start) : 0;
    this.sizes = start + 4;
    this.sizesEnd = this.sizes + count * 8;
    this.valueEnd = this.sizesEnd - 1;
    return this;
  }

  /** Goes to the next header. False after the last. */
  next(): bool {
    if (this.sizes >= this.sizesEnd) return false;
    this.nameStart = this.valueEnd + 1;
    this.nameEnd = this.nameStart + load<u32>(this.sizes);
    this.valueStart = this.nameEnd + 1;
    this.valueEnd = this.valueStart + load<u32>(this.sizes, 4);
    this.sizes += 8;
    return true;
  }
}
