// The keys that the key server has handed out to this worker, by reference. They stay for the next
// configurations. Never in shared data, which other plugins can read. Kept between calls: the keys,
// and the server's name for their state.

import { isPrintable } from "../../contract/characters";
import { Bytes, bytesOf } from "../bytes/bytes";
import { log, LogLevel } from "../host/host";

const MAX_VERSION_LENGTH = 256;

export class Keyring {
  /** What the key server calls the state that is held; "" before its first answer. */
  version: string = "";
  private keys: Map<string, Bytes> = new Map<string, Bytes>();

  /** The key of a reference, or null if there is none. */
  get(reference: string): Bytes | null {
    return this.keys.has(reference) ? this.keys.get(reference) : null;
  }

  /**
   * Takes a new state, in which `references[i]` has the key `keys[i]`. A key that can't be sent is
   * ignored, so that the previous one stays in use. False if the version is not a new one, or not
   * one that a query can have.
   */
  take(version: string, references: string[], keys: string[]): bool {
    if (version.length == 0 || version.length > MAX_VERSION_LENGTH) return false;
    if (version == this.version || !isPrintable(version)) return false;
    const taken = new Map<string, Bytes>();
    for (let i = 0; i < references.length; i++) {
      const reference = references[i];
      const key = keys[i].trim();
      const previous = this.get(reference);
      if (key.length != 0 && isPrintable(key)) {
        taken.set(reference, bytesOf(key));
      } else {
        warn(reference);
        if (previous !== null) taken.set(reference, previous);
      }
    }
    this.keys = taken;
    this.version = version;
    return true;
  }
}

function warn(reference: string): void {
  const name = isPrintable(reference) ? reference : "a key";
  log(LogLevel.Warn, "keys: " + name + " is empty, or not printable ASCII: it is ignored");
}
