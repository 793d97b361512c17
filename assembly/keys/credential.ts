// A provider's key, in the form in which it is sent. It has no string form: config/ makes it,
// request/headers.ts sends it, and response/ searches for it in what comes back.

import { Bytes, bytesOf, lowerBytes } from "../bytes/bytes";
import { ApiKey } from "./api-key";

export class Credential {
  /** The key in the configuration that it is of. */
  owner: ApiKey | null = null;

  constructor(
    /** The header's value: prefix and key. */
    public value: Bytes,
    public key: Bytes,
    /** The key in lower case, as the names of headers are. */
    public lowerKey: Bytes,
  ) {}
}

/** The credential with a key, and `prefix` before it. */
export function credentialOf(prefix: string, key: Bytes): Credential {
  const value = String.UTF8.decode(key);
  return new Credential(bytesOf(prefix + value), key, lowerBytes(value));
}
