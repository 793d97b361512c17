// Decodes what the configuration says about keys. Comes in: the JSON tree of the whole, or of one
// provider's settings; goes out: where each key comes from, and those that are already known.
// Nothing is kept between calls.

import { isToken } from "../../contract/characters";
import { MAX_API_KEYS } from "../../contract/limits";
import { keyFields, keyServerFields } from "../../contract/plugin-fields";
import { bytesOf, decimal } from "../bytes/bytes";
import { ApiKey } from "../keys/api-key";
import { credentialOf } from "../keys/credential";
import { resolveSecret } from "../keys/secrets";
import { Checker, itemPath } from "./checker";
import { Config, Settings } from "./config";
import { JsonValue } from "./json-value";

/** Decodes where keys that are named by reference come from. */
export function decodeKeyServer(into: Config, root: JsonValue, checker: Checker): void {
  const server = root.get("keyServer");
  if (server === null) return;
  if (checker.isObject(server, "$.keyServer", keyServerFields)) {
    into.keyCluster = checker.requiredText(server, "cluster", "$.keyServer");
  }
  const revision = checker.optionalText(root, "revision", "$");
  if (revision === null) return;
  if (!isToken(revision)) checker.fail("$.revision", "has other characters than a-zA-Z0-9-_.");
  into.revision = revision;
}

/**
 * Decodes the keys of one provider's settings. A missing key is a fault of the settings that name
 * it: another route of the same provider may have one.
 */
export function decodeKeys(
  into: Settings,
  settings: JsonValue,
  path: string,
  checker: Checker,
): void {
  decodeKey(into, settings, path, checker);
  const most = into.keys.length == 0 ? MAX_API_KEYS : 1;
  const items = checker.list(settings, "apiKeys", path);
  for (let i = 0; i < items.length; i++) {
    const at = itemPath(path, "apiKeys", i);
    if (checker.isObject(items[i], at, keyFields)) decodeKey(into, items[i], at, checker);
  }
  if (into.keys.length > most) checker.fail(path, "more than " + decimal(most));
}

// The key that an object with `apiKey` or `apiKeySecretRef` names, if there is one.
function decodeKey(into: Settings, object: JsonValue, path: string, checker: Checker): void {
  const apiKey = checker.optionalText(object, "apiKey", path);
  const reference = checker.optionalText(object, "apiKeySecretRef", path);
  if (reference !== null) into.keys.push(new ApiKey(reference));
  if (apiKey === null) return;
  const key = new ApiKey("");
  const fault = resolveInto(key, into.authPrefix, apiKey);
  if (fault.length != 0) into.fault = fault;
  into.keys.push(key);
}

/** Resolves `text`, a literal or a variable, as the value of `key`. Gives what is wrong, or "". */
export function resolveInto(key: ApiKey, prefix: string, text: string): string {
  const secret = resolveSecret(text);
  if (secret.fault.length == 0) key.set(credentialOf(prefix, bytesOf(secret.key)));
  return secret.fault;
}

/** Adds what the configuration as a whole knows about the keys of `settings`. */
export function registerKeys(config: Config, settings: Settings, owner: string): void {
  config.measureKeys(settings);
  const count = settings.keys.length;
  for (let i = 0; count > 1 && i < count; i++) settings.keys[i].join(owner, i + 1);
  let refers = false;
  for (let i = 0; i < settings.setHeaders.length; i++) {
    if (settings.setHeaders[i].key.reference.length != 0) refers = true;
  }
  for (let i = 0; i < count; i++) {
    if (settings.keys[i].reference.length != 0) refers = true;
  }
  if (refers) {
    config.referring.push(settings);
    if (config.keyCluster.length == 0) settings.fault = "apiKeySecretRef without keyServer";
  }
  settings.chooseKey();
}
