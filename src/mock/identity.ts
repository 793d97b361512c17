// Identifiers and times in OpenAI's format.
import { randomUUID } from "node:crypto";

/** A new identifier, e.g. `chatcmpl-0f1d…`. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll("-", "");
}

/** The current time for `created` members, in whole seconds since 1970. */
export function createdNow(): number {
  return Math.floor(Date.now() / 1000);
}
