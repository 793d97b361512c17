// What is left of a resource without the parts that don't match its schema, so that the rules can be
// checked on the rest: a file's errors are then reported at once.
import type { ErrorObject, ValidateFunction } from "ajv";
import type { Path } from "../diagnostics.ts";

export interface Mended {
  value: unknown;
  /** The parts that are left out. */
  removed: Path[];
}

/** Undefined if a part is wrong or missing without which there is no resource, such as the host. */
export function mend(value: unknown, isKind: ValidateFunction): Mended | undefined {
  const copy = structuredClone(value);
  const removed: Path[] = [];
  // Each turn removes a part, as an error is always about one that is there.
  while (!isKind(copy)) {
    for (const error of isKind.errors ?? []) {
      const path = fieldOf(wrongPart(error, copy));
      // Without its spec, a resource says nothing.
      if (path.length < 2) return undefined;
      remove(copy, path);
      removed.push(path);
    }
  }
  return { value: copy, removed };
}

function wrongPart({ keyword, params, instancePath }: ErrorObject, root: unknown): Path {
  const path = pathOf(instancePath, root);
  return keyword === "additionalProperties" ? [...path, String(params.additionalProperty)] : path;
}

/** The field itself, or the one whose list it is in: without an item, others change their places. */
function fieldOf(path: Path): Path {
  return path.slice(0, path.findLastIndex((step) => typeof step === "string") + 1);
}

/** Does nothing if an earlier error has removed it. */
function remove(root: unknown, path: Path): void {
  let part = root;
  for (const step of path.slice(0, -1)) {
    if (typeof part !== "object" || part === null) return;
    part = (part as Record<string | number, unknown>)[step];
  }
  if (typeof part === "object" && part !== null) Reflect.deleteProperty(part, path.at(-1) ?? "");
}

/**
 * ajv gives a JSON pointer; whether a step is an index depends on the value that it is a step into.
 */
export function pathOf(pointer: string, root: unknown): Path {
  const path: (string | number)[] = [];
  let value = root;
  for (const escaped of pointer.split("/").slice(1)) {
    const key = escaped.replaceAll("~1", "/").replaceAll("~0", "~");
    const step = Array.isArray(value) ? Number(key) : key;
    path.push(step);
    value = (value as Record<string | number, unknown> | undefined)?.[step];
  }
  return path;
}
