// Hashes of keys, so that a key can be recognised byte by byte and nothing of it has to be held. FNV-1a of 64 bits: of the few keys that are
// looked for none is like another, and who made one that is would only deceive himself.

export const HASH_START: u64 = 0xcbf29ce484222325;
const HASH_FACTOR: u64 = 0x100000001b3;

/** The hash of a key that goes on with `byte`. */
export function hashByte(hash: u64, byte: u8): u64 {
  return (hash ^ byte) * HASH_FACTOR;
}

/** The hash of an ASCII key. */
export function hashOf(key: string): u64 {
  let hash = HASH_START;
  for (let i = 0; i < key.length; i++) hash = hashByte(hash, <u8>key.charCodeAt(i));
  return hash;
}
