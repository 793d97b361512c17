// The memory that the host writes its results to. The host asks the module for it during each call
// that returns bytes. As the filter uses a result before it makes the next such call, all results
// go to the same area, which only grows. Kept between calls: the area, and how much room is
// reserved around a result.

import { malloc } from "@solo-io/proxy-runtime/assembly/malloc";
import { READ_AHEAD_BYTES } from "../bytes/lanes";

const GRANULE: usize = 64 * 1024;

let area: usize = 0;
let areaBytes: usize = 0;
let bytesBefore: usize = 0;
let bytesAfter: usize = 0;
let isLent: bool = false;

/**
 * Reserves writable bytes before and after each result, from the next host call on. A reservation
 * smaller than an earlier one changes nothing.
 */
export function reserveRoom(before: usize, after: usize): void {
  bytesBefore = max(bytesBefore, before);
  bytesAfter = max(bytesAfter, after);
}

/**
 * The result of the next host call goes to the shared area. Otherwise it goes to memory of the SDK,
 * which the SDK's callers free.
 */
export function lendArea(): void {
  isLent = true;
}

/** The host call is over. What it has written may be used until the next loan. */
export function endLoan(): void {
  isLent = false;
}

/** proxy-wasm: the host asks for `bytes` of memory. */
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
