// One key that the configuration names. Kept between calls: its credential, as long as it is known.

import { equals } from "../bytes/bytes";
import { Credential, credentialOf } from "./credential";
import { keyOf } from "./keyring";

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
  take(prefix: string): void {
    if (this.reference.length == 0) return;
    const key = keyOf(this.reference);
    const held = this.credential;
    if (key === null) {
      this.credential = null;
      return;
    }
    const start = changetype<usize>(key);
    if (held !== null && equals(held.key, start, start + key.byteLength)) return;
    this.credential = credentialOf(prefix, key);
  }
}
