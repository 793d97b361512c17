import {
  type Diagnostic,
  type DiagnosticCode,
  diagnosticCodes,
  formatPath,
  formatResource,
  type Path,
  type ResourceName,
} from "../diagnostics.ts";
import type { Document, Spot } from "./document.ts";

/** The type of a value's part; unknown if nothing is known about the value. */
type Part<Value, Step> = Value extends null | undefined
  ? undefined
  : Step extends keyof Value
    ? Value[Step]
    : unknown;

type PartAt<Value, Steps extends Path> = Steps extends readonly [
  infer First,
  ...infer Rest extends Path,
]
  ? PartAt<Part<Value, First>, Rest>
  : Value;

type ItemOf<Value> = NonNullable<Value> extends readonly (infer Item)[] ? Item : unknown;

type FieldOf<Value> =
  NonNullable<Value> extends Record<string, unknown>
    ? NonNullable<Value>[keyof NonNullable<Value>]
    : unknown;

/**
 * A place in a document: its value, and the way to the places below it. The document may have
 * nothing there.
 */
export class Cursor<Value = unknown> {
  readonly #document: Document;

  private constructor(
    document: Document,
    /** From the root of the document. */
    readonly path: Path,
    readonly value: Value,
    /** The resource that the place is in: the same object for all of its places. */
    readonly resource: ResourceName,
  ) {
    this.#document = document;
  }

  /**
   * The root of a document that holds one resource. `namespace` is that of a resource without one.
   */
  static of(document: Document, namespace: string): Cursor {
    return new Cursor(document, [], document.value, nameOf(document.value, namespace));
  }

  /** This place as the root of a resource of its own, such as an item of a `kind: List`. */
  asResource(namespace: string): Cursor<Value> {
    return new Cursor(this.#document, this.path, this.value, nameOf(this.value, namespace));
  }

  /** The same place with another value, all parts of which the document has there. */
  with<Other>(value: Other): Cursor<Other> {
    return new Cursor(this.#document, this.path, value, this.resource);
  }

  /** The place at `steps` below this one. */
  at<const Steps extends Path>(...steps: Steps): Cursor<PartAt<Value, Steps>> {
    const value = partAt(this.value, steps) as PartAt<Value, Steps>;
    return new Cursor(this.#document, [...this.path, ...steps], value, this.resource);
  }

  /** The same place, with `value` if it has none. */
  or(value: NonNullable<Value>): Cursor<NonNullable<Value>> {
    return new Cursor(this.#document, this.path, this.value ?? value, this.resource);
  }

  /** The items of the list here; none if there is no list. */
  items(): Cursor<ItemOf<Value>>[] {
    if (!Array.isArray(this.value)) return [];
    return this.value.map((_, index) => this.at(index) as Cursor<ItemOf<Value>>);
  }

  /** The fields of the mapping here, by name; none if there is no mapping. */
  fields(): [string, Cursor<FieldOf<Value>>][] {
    if (typeof this.value !== "object" || this.value === null) return [];
    return Object.keys(this.value).map((name) => [name, this.at(name) as Cursor<FieldOf<Value>>]);
  }

  /** The value here, if it is a string. */
  text(): string | undefined {
    return typeof this.value === "string" ? this.value : undefined;
  }

  /** The fields of the mapping here that are strings, such as labels. */
  texts(): Record<string, string> {
    return Object.fromEntries(
      this.fields().flatMap(([name, field]) => {
        const text = field.text();
        return text === undefined ? [] : [[name, text]];
      }),
    );
  }

  /** The value here as JSON text, with exact numbers. There must be a value. */
  jsonText(): string {
    return this.#document.jsonText(this.path);
  }

  /** A diagnostic about this place. */
  problem(code: DiagnosticCode, message: string, spot: Spot = "value"): Diagnostic {
    return {
      code,
      severity: diagnosticCodes[code],
      resource: this.resource,
      ...this.#document.locate(this.path, spot),
      path: formatPath(this.path),
      message,
    };
  }

  /** `file:line`, or the resource if there is no text: names a second place in a message. */
  place(): string {
    const location = this.#document.locate(this.path, "value");
    return location === undefined
      ? formatResource(this.resource)
      : `${location.file}:${location.line}`;
  }
}

function partAt(value: unknown, steps: Path): unknown {
  let part = value;
  for (const step of steps) {
    if (typeof part !== "object" || part === null || !Object.hasOwn(part, step)) return undefined;
    part = (part as Record<string | number, unknown>)[step];
  }
  return part;
}

function nameOf(value: unknown, defaultNamespace: string): ResourceName {
  const textAt = (...steps: Path): string | undefined => {
    const text = partAt(value, steps);
    return typeof text === "string" ? text : undefined;
  };
  return {
    kind: textAt("kind") ?? "",
    namespace: textAt("metadata", "namespace") ?? defaultNamespace,
    name: textAt("metadata", "name") ?? "",
  };
}
