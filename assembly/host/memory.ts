// The memory that the host writes its answers to. It asks the module for it during each call that returns bytes; ours come back one at a
// time and are used up before the next such call, so all of them get the same area, which only grows. Kept between calls: the area.

import { malloc } from "@solo-io/proxy-runtime/assembly/malloc";
import { READ_AHEAD_BYTES } from "../bytes/lanes";

const GRANULE: usize = 64 * 1024;

let area: usize = 0;
let areaBytes: usize = 0;
let bytesBefore: usize = 0;
let bytesAfter: usize = 0;
let isLent: bool = false;

/**
 * Reserves writable bytes before and after whatever the host writes. Holds from the next host call on that returns bytes; a smaller
 * reservation than an earlier one changes nothing.
 */
export function reserveRoom(before: usize, after: usize): void {
  bytesBefore = max(bytesBefore, before);
  bytesAfter = max(bytesAfter, after);
}

/** The host's answer to the next call goes to the shared area. Without it the SDK's own allocation is used, which its callers free. */
export function lendArea(): void {
  isLent = true;
}

/** The call is over: nothing was written, or what was written may be used until the next loan. */
export function endLoan(): void {
  isLent = false;
}

/** Exported: the host asks for `bytes` of memory. */
export function proxy_on_memory_allocate(bytes: u32): usize {
  if (!isLent) return malloc(bytes);
  const needed = bytesBefore + bytes + bytesAfter + READ_AHEAD_BYTES;
  if (needed > areaBytes) {
    if (area != 0) heap.free(area);
    areaBytes = (needed + GRANULE - 1) & ~(GRANULE - 1);
    area = heap.alloc(areaBytes);
  }
  return area + bytesBefore;
}
