// Reads and writes headers in proxy-wasm's serialised form: a count, then each name's and value's
// size, then each name and value with a NUL after it. Reading copies nothing. Kept between calls:
// the position.

import { Bytes, bytesOf } from "../bytes/bytes";

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

/** Headers in serialised form; `texts` has each name and after it the value, in ASCII. */
export function serialisePairs(texts: string[]): Bytes {
  const count = texts.length / 2;
  let size = 4 + count * 8;
  for (let i = 0; i < texts.length; i++) size += texts[i].length + 1;
  const bytes = new ArrayBuffer(size);
  const start = changetype<usize>(bytes);
  store<u32>(start, count);
  let at = start + 4 + count * 8;
  for (let i = 0; i < texts.length; i++) {
    const text = bytesOf(texts[i]);
    store<u32>(start + 4 + i * 4, text.byteLength);
    memory.copy(at, changetype<usize>(text), text.byteLength);
    at += text.byteLength + 1;
  }
  return bytes;
}
