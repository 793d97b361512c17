// gzip without compression. The output of a compressor depends on its version and on the processor,
// so one module would have many digests. At the filter's size, compression saves too little to
// matter.
import { gzipSync } from "node:zlib";

/** No flags, no time, no compression level, and an unknown operating system. */
const header = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
/** CRC and size, which depend on the content only, not on the compressor. */
const trailerBytes = 8;
const maxStoredBytes = 0xffff;

/** The content as a gzip file. The same content always gives the same bytes. */
export function gzipStored(content: Uint8Array): Buffer {
  const blocks: Uint8Array[] = [];
  for (let start = 0; start === 0 || start < content.length; start += maxStoredBytes) {
    const part = content.subarray(start, start + maxStoredBytes);
    const isLast = start + maxStoredBytes >= content.length;
    blocks.push(storedHeader(part.length, isLast ? 1 : 0), part);
  }
  return Buffer.concat([header, ...blocks, gzipSync(content).subarray(-trailerBytes)]);
}

function storedHeader(length: number, final: 0 | 1): Buffer {
  const bytes = Buffer.alloc(5);
  bytes.writeUInt8(final, 0);
  bytes.writeUInt16LE(length, 1);
  bytes.writeUInt16LE(length ^ 0xffff, 3);
  return bytes;
}
