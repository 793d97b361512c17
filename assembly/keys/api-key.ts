// One key that the configuration names. Kept between calls: its credential, as long as it is known.

import { Bytes, equals } from "../bytes/bytes";
import { Credential, credentialOf } from "./credential";
import { Keyring } from "./keyring";

export class ApiKey {
  /** Null while the key is unknown. */
  credential: Credential | null = null;

  constructor(
    /** What the key server calls the key; "" if the key comes from elsewhere. */
    public reference: string,
  ) {}

  /**
   * Takes the key as the key server has handed it out last. `prefix` is what the header has before
   * it. Requests under way keep the credential that they began with.
   */
  take(keyring: Keyring, prefix: string): void {
    if (this.reference.length == 0) return;
    const key = keyring.get(this.reference);
    if (key === null) this.credential = null;
    else if (!isOf(this.credential, key)) this.credential = credentialOf(prefix, key);
  }
}

function isOf(credential: Credential | null, key: Bytes): bool {
  const start = changetype<usize>(key);
  return credential !== null && equals(credential.key, start, start + key.byteLength);
}
