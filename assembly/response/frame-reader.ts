// The frames of Bedrock's streamed answers (application/vnd.amazon.eventstream), whose payloads are
// JSON. Comes in: pieces of the answer, split anywhere; goes out: the payloads, to the usage's
// reader. Checksums are the client's to check. Kept between calls: the position in the frame.

import { UsageReader } from "./usage-reader";

// The size of the frame and that of its headers, four bytes each, and a checksum.
const SIZES_BYTES: u32 = 8;
const PRELUDE_BYTES: u32 = 12;
const CHECKSUM_BYTES: u32 = 4;

export class FrameReader {
  /** How many bytes of the frame have come, and its sizes as far as they have. */
  private position: u32 = 0;
  private sizes: u64 = 0;

  /** Reads a piece. READ_AHEAD_BYTES must follow it in memory. */
  feed(usage: UsageReader, start: usize, end: usize): void {
    let at = start;
    while (at < end) {
      if (this.position < SIZES_BYTES) {
        this.sizes = (this.sizes << 8) | load<u8>(at++);
        this.position++;
        continue;
      }
      const size = <u32>(this.sizes >> 32);
      const payload = PRELUDE_BYTES + <u32>this.sizes;
      // What is not a frame is skipped: it never ends.
      const isPayload = this.position >= payload && this.position < size - CHECKSUM_BYTES;
      const next = isPayload ? size - CHECKSUM_BYTES : this.position < payload ? payload : size;
      const bytes = min<usize>(next - this.position, end - at);
      if (isPayload) usage.feed(at, at + bytes);
      at += bytes;
      this.position += <u32>bytes;
      if (this.position != size) continue;
      this.position = 0;
      usage.beginText();
    }
  }
}
