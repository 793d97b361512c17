// Looks for the end of a line, 16 bytes at a time. Nothing is kept between calls.

/** The first CR or LF from `at` on, or `end`. Reads up to 16 bytes behind `end`. */
export function findLineEnd(at: usize, end: usize): usize {
  for (; at < end; at += 16) {
    const block = v128.load(at);
    const mask = i8x16.bitmask(
      v128.or(i8x16.eq(block, i8x16.splat(0x0a)), i8x16.eq(block, i8x16.splat(0x0d))),
    );
    if (mask != 0) return min(at + ctz(mask), end);
  }
  return end;
}
