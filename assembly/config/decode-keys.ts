// Decodes what the configuration says about keys. Comes in: the JSON tree of the whole, or of one
// provider's settings; goes out: where each key comes from, and those that are already known.
// Nothing is kept between calls.

import { isPrintable } from "../../contract/characters";
import { MAX_API_KEYS, MAX_REVISION_LENGTH } from "../../contract/limits";
import { keyFields, keyServerFields } from "../../contract/plugin-fields";
import { bytesOf, decimal } from "../bytes/bytes";
import { ApiKey } from "../keys/api-key";
import { credentialOf } from "../keys/credential";
import { resolveSecret } from "../keys/secrets";
import { Checker, itemPath } from "./checker";
import { Config, Settings } from "./config";
import { JsonValue } from "./json-value";

const NO_KEY_SERVER = "apiKeySecretRef: the configuration names no keyServer";

/** Decodes where keys that are named by reference come from. */
export function decodeKeyServer(into: Config, root: JsonValue, checker: Checker): void {
  const server = root.get("keyServer");
  if (server !== null && checker.isObject(server, "$.keyServer", keyServerFields)) {
    into.keyCluster = checker.requiredText(server, "cluster", "$.keyServer");
  }
  const revision = checker.optionalText(root, "revision", "$");
  if (revision === null) return;
  if (revision.length > MAX_REVISION_LENGTH) checker.fail("$.revision", "is too long");
  if (!isPrintable(revision)) {
    checker.fail("$.revision", "contains a character that is not printable ASCII");
  }
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
  const keys = settings.get("apiKeys");
  if (keys === null) return decodeKey(into, settings, path, checker);
  if (settings.get("apiKey") !== null || settings.get("apiKeySecretRef") !== null) {
    checker.fail(path + ".apiKeys", "excludes apiKey and apiKeySecretRef");
  }
  const items = checker.list(settings, "apiKeys", path);
  if (items.length == 0 || items.length > MAX_API_KEYS) {
    checker.fail(path + ".apiKeys", "must have 1 to " + decimal(MAX_API_KEYS) + " keys");
  }
  for (let i = 0; i < items.length; i++) {
    const at = itemPath(path, "apiKeys", i);
    if (!checker.isObject(items[i], at, keyFields)) continue;
    if (items[i].keys.length == 0) checker.fail(at, "names no key");
    decodeKey(into, items[i], at, checker);
  }
}

// The key that an object with `apiKey` or `apiKeySecretRef` names, if there is one.
function decodeKey(into: Settings, object: JsonValue, path: string, checker: Checker): void {
  const apiKey = checker.optionalText(object, "apiKey", path);
  if (object.get("apiKeySecretRef") !== null) {
    if (apiKey !== null) checker.fail(path + ".apiKeySecretRef", "excludes apiKey");
    into.keys.push(new ApiKey(checker.requiredText(object, "apiKeySecretRef", path)));
  } else if (apiKey !== null) {
    const key = new ApiKey("");
    const secret = resolveSecret(apiKey);
    if (secret.fault.length == 0)
      key.credential = credentialOf(into.authPrefix, bytesOf(secret.key));
    else if (into.fault.length == 0) into.fault = secret.fault;
    into.keys.push(key);
  }
}

/** Adds what the configuration as a whole knows about the keys of `settings`. */
export function registerKeys(config: Config, settings: Settings): void {
  config.measureKeys(settings);
  let refers = false;
  for (let i = 0; i < settings.keys.length; i++) {
    if (settings.keys[i].reference.length != 0) refers = true;
  }
  if (refers) config.referring.push(settings);
  const hasServer = config.keyCluster.length != 0;
  if (refers && !hasServer && settings.fault.length == 0) settings.fault = NO_KEY_SERVER;
  settings.chooseKey();
}
