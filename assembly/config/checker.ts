// Reads the members of a JSON tree and keeps the first fault, with its path. A fault never contains
// a value.

import { decimal } from "../bytes/bytes";
import { JsonValue, Kind } from "./json-value";

/** The path of an item of a list. */
export function itemPath(path: string, key: string, index: i32): string {
  return path + "." + key + "[" + decimal(index) + "]";
}

export class Checker {
  /** `path: what is wrong`, or "". */
  fault: string = "";

  /** Notes a fault, unless there is one already. */
  fail(path: string, what: string): void {
    if (this.fault.length == 0) this.fault = path + ": " + what;
  }

  /** Whether `value` is an object. Members that are not in `allowed` are faults. */
  isObject(value: JsonValue | null, path: string, allowed: string[]): bool {
    if (value === null || value.kind != Kind.Object) {
      this.fail(path, "must be an object");
      return false;
    }
    for (let i = 0; i < value.keys.length; i++) {
      if (!allowed.includes(value.keys[i])) this.fail(path, "unknown member " + value.keys[i]);
    }
    return true;
  }

  /** A string member, or null if there is none. */
  optionalText(object: JsonValue, key: string, path: string): string | null {
    const value = object.get(key);
    if (value === null) return null;
    if (value.kind != Kind.String) this.fail(path + "." + key, "must be a string");
    return value.text;
  }

  /** A string member that is required and must not be empty. */
  requiredText(object: JsonValue, key: string, path: string): string {
    const text = this.optionalText(object, key, path);
    if (text === null || text.length == 0) {
      this.fail(path + "." + key, "must be a string that is not empty");
      return "";
    }
    return text;
  }

  /** A boolean member; false if there is none. */
  flag(object: JsonValue, key: string, path: string): bool {
    const value = object.get(key);
    if (value === null) return false;
    if (value.kind != Kind.Boolean) this.fail(path + "." + key, "must be true or false");
    return value.text == "true";
  }

  /** The values of a list member; none if there is no such member. */
  list(object: JsonValue, key: string, path: string): JsonValue[] {
    const value = object.get(key);
    if (value === null) return [];
    if (value.kind != Kind.Array) {
      this.fail(path + "." + key, "must be a list");
      return [];
    }
    return value.items;
  }

  /** The values of a list member, each of which must be a string. */
  texts(object: JsonValue, key: string, path: string): string[] {
    const values = this.list(object, key, path);
    const texts: string[] = [];
    for (let i = 0; i < values.length; i++) {
      if (values[i].kind != Kind.String) {
        this.fail(itemPath(path, key, i), "must be a string");
      }
      texts.push(values[i].text);
    }
    return texts;
  }
}
