// Reads documents of other kinds, whose shape nobody has checked: whatever is not as expected reads as absent.
import type { Path } from "../diagnostics.ts";
import type { SourceDocument } from "../parse/source-document.ts";

/** The part of a value at `path`. */
export function valueAt(value: unknown, path: Path): unknown {
  let part = value;
  for (const step of path) {
    if (typeof part !== "object" || part === null) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}

/** The list at `path`; empty where there is none. */
export function listAt(value: unknown, path: Path): unknown[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list : [];
}

/** The text at `path`. */
export function textAt(value: unknown, path: Path): string | undefined {
  const text = valueAt(value, path);
  return typeof text === "string" ? text : undefined;
}

/** The texts among the fields of the mapping at `path`, such as labels; empty where there is none. */
export function textsAt(value: unknown, path: Path): Record<string, string> {
  const record = valueAt(value, path);
  if (typeof record !== "object" || record === null) return {};
  const fields = Object.entries(record as Record<string, unknown>);
  return Object.fromEntries(
    fields.filter((field): field is [string, string] => typeof field[1] === "string"),
  );
}

/** The documents of one kind of Istio's, of any version. */
export function ofKind(
  documents: readonly SourceDocument[],
  group: string,
  kind: string,
): SourceDocument[] {
  return documents.filter(({ value }) => {
    const version = textAt(value, ["apiVersion"]) ?? "";
    return version.startsWith(`${group}/`) && textAt(value, ["kind"]) === kind;
  });
}

/** The namespace of a document; where it names none, the one that kubectl would use. */
export function namespaceAt(value: unknown): string {
  return textAt(value, ["metadata", "namespace"]) ?? "default";
}
