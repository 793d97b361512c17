// Identifiers and times in the shape of OpenAI's.
import { randomUUID } from "node:crypto";

/** A new identifier, e.g. `chatcmpl-0f1d…`. */
export function newId(prefix: string): string {
  return prefix + randomUUID().replaceAll("-", "");
}

/** The present time in whole seconds, as the `created` members give it. */
export function createdNow(): number {
  return Math.floor(Date.now() / 1000);
}
