// Hashes of JSON keys, so that a key can be recognised byte by byte, with nothing of it held.
// FNV-1a of 64 bits: no two of the keys that are looked for have the same hash. A provider that
// forged one would only misstate its own usage.

export const HASH_START: u64 = 0xcbf29ce484222325;
const HASH_FACTOR: u64 = 0x100000001b3;

/** The hash of a key to which `byte` is appended. */
export function hashByte(hash: u64, byte: u8): u64 {
  return (hash ^ byte) * HASH_FACTOR;
}
