// The SDK's reference-counting calls, from before AssemblyScript 0.18, in terms of today's garbage
// collector: what the host was given stays pinned until it is released.
export function __retain(ptr: usize): usize {
  return __pin(ptr);
}
export function __release(ptr: usize): void {
  __unpin(ptr);
}
