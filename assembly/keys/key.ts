// One key that the configuration names. Kept between calls: its credential, as long as it is known.

import { Credential } from "./credential";

export class Key {
  /** Null while the key is unknown. */
  credential: Credential | null = null;

  constructor(
    /** What the key server calls the key; "" if the key comes from elsewhere. */
    public reference: string,
  ) {}
}
