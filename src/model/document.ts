import type { Location, Path } from "../diagnostics.ts";

/** Whether a diagnostic points at a field's value or at its name. */
export type Spot = "value" | "key";

/** What the compiler needs of a document, whether it was read from a text or is a live object. */
export interface Document {
  /** The plain value. Its numbers are doubles: `jsonText` has them exactly. */
  readonly value: unknown;
  /**
   * Where the part at `path` is in the text; if there is no such part, where the nearest part
   * around it is. Undefined if the document has no text.
   */
  locate(path: Path, spot: Spot): Location | undefined;
  /**
   * The part at `path` as JSON text, with the digits that its numbers were written with. The part
   * must exist.
   */
  jsonText(path: Path): string;
}
