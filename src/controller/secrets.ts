// Keys that stand in resources themselves: an error of the API may quote an object that has one.
// Kept between calls: the keys that are known.

const mask = "***";
/** A shorter text can't be a key, and would blot out words. */
const leastLength = 6;

export class Secrets {
  #keys: string[] = [];

  /** Takes note of every literal `apiKey` in these objects, and forgets those before. */
  learn(objects: readonly object[]): void {
    const keys = new Set<string>();
    for (const object of objects) collect(object, keys);
    this.#keys = [...keys];
  }

  /** The text without keys. */
  readonly hide = (text: string): string =>
    this.#keys.reduce((hidden, key) => hidden.replaceAll(key, mask), text);
}

function collect(value: unknown, keys: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [name, part] of Object.entries(value)) {
    if (name === "apiKey" && typeof part === "string" && !part.includes("${")) {
      const key = part.trim();
      if (key.length < leastLength) continue;
      keys.add(key);
      // As it stands in JSON.
      keys.add(JSON.stringify(key).slice(1, -1));
    } else collect(part, keys);
  }
}
