// Decodes the key server's answer: `{"version": "…", "keys": {"NAME/KEY": "…"}}`. Nothing is kept
// between calls.

import { Keyring } from "../keys/keyring";
import { buildJson, findJsonFault, Kind } from "./json-value";

/**
 * Takes the answer from `start` to `end` in place of the keys so far. False if it is not such an
 * answer. READ_AHEAD_BYTES must follow it.
 */
export function takeAnswer(keyring: Keyring, start: usize, end: usize): bool {
  if (findJsonFault(start, end) != end) return false;
  const answer = buildJson(start, end);
  const version = answer.get("version");
  const keys = answer.get("keys");
  if (version === null || version.kind != Kind.String) return false;
  if (keys === null || keys.kind != Kind.Object) return false;
  const texts: string[] = [];
  for (let i = 0; i < keys.items.length; i++) {
    if (keys.items[i].kind != Kind.String) return false;
    texts.push(keys.items[i].text);
  }
  return keyring.take(version.text, keys.keys, texts);
}
