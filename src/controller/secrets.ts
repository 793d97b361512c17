// Keys that stand in resources themselves: an error of the API may quote an object that has one.
// Kept between calls: the keys that are known.
import type { KubeObject } from "../kube/client.ts";

const mask = "***";
/** A shorter text can't be a key, and would blot out words. */
const leastLength = 6;

export class Secrets {
  /** By namespace. */
  #keys = new Map<string, Set<string>>();

  /** Takes note of every literal `apiKey` in these objects, and forgets those before. */
  learn(objects: readonly KubeObject[]): void {
    this.#keys = new Map();
    for (const object of objects) {
      const { namespace = "" } = object.metadata;
      const keys = this.#keys.get(namespace) ?? new Set();
      this.#keys.set(namespace, keys);
      collect(object, keys);
    }
  }

  /** The text without keys. */
  readonly hide = (text: string): string =>
    [...this.#keys.values()].reduce((hidden, keys) => without(keys, hidden), text);

  /**
   * The text, about an object of the namespace, without keys. Those of other namespaces are not in
   * it, and what somebody there calls a key may be a common word.
   */
  readonly hideIn = (namespace: string, text: string): string =>
    without(this.#keys.get(namespace) ?? new Set(), text);
}

function without(keys: ReadonlySet<string>, text: string): string {
  let hidden = text;
  for (const key of keys) hidden = hidden.replaceAll(key, mask);
  return hidden;
}

/** Without recursion: an object may be nested more deeply than the stack is. */
function collect(object: unknown, keys: Set<string>): void {
  const rest = [object];
  while (rest.length > 0) {
    const value = rest.pop();
    if (typeof value !== "object" || value === null) continue;
    for (const [name, part] of Object.entries(value)) {
      if (name === "apiKey" && typeof part === "string") add(part, keys);
      else rest.push(part);
    }
  }
}

function add(apiKey: string, keys: Set<string>): void {
  const key = apiKey.trim();
  if (apiKey.includes("${") || key.length < leastLength) return;
  keys.add(key);
  // As it stands in JSON.
  keys.add(JSON.stringify(key).slice(1, -1));
}
