// The keys that the key server has handed out to this VM, by reference. They outlive configurations.
// Never in shared data, which other plugins can read. Kept between calls: the keys, and the server's
// name for their state.

import { isPrintable, isToken } from "../../contract/characters";
import { Bytes, bytesOf } from "../bytes/bytes";
import { log, LogLevel } from "../host/host";

/** What the key server calls the keys that are held; "" before its first answer. */
export let version: string = "";
let references: string[] = [];
let keys: string[] = [];

/** The key of a reference, or null if there is none. */
export function keyOf(reference: string): Bytes | null {
  const index = references.indexOf(reference);
  return index < 0 ? null : bytesOf(keys[index]);
}

/**
 * Takes new keys in place of those so far: `newReferences[i]` has the key `newKeys[i]`. Keys that
 * can't be sent are ignored. False if it is not a new version.
 */
export function takeKeys(newVersion: string, newReferences: string[], newKeys: string[]): bool {
  if (!isToken(newVersion) || newVersion == version) return false;
  for (let i = 0; i < newKeys.length; i++) {
    const key = newKeys[i].trim();
    newKeys[i] = key;
    if (key.length != 0 && isPrintable(key)) continue;
    const name = newReferences[i];
    newReferences[i] = "";
    log(LogLevel.Warn, "keys: ignored, as it can't be sent: " + (isPrintable(name) ? name : ""));
  }
  version = newVersion;
  references = newReferences;
  keys = newKeys;
  return true;
}
