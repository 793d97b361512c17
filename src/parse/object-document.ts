import type { Path } from "../diagnostics.ts";
import type { Document } from "../model/document.ts";
import { parse } from "./parse.ts";

/** A live object: it has no text that a diagnostic could point to. */
export class ObjectDocument implements Document {
  readonly #json: string;
  /** The JSON text, parsed with exact numbers when a part of it is first asked for. */
  #exact: Document | undefined;

  /**
   * `json` is the text that the object was parsed from. With it, numbers beyond 2^53 keep their
   * digits; without it, they are as JSON.parse has rounded them.
   */
  constructor(
    readonly value: object,
    json = "",
  ) {
    this.#json = json;
  }

  locate(): undefined {
    return undefined;
  }

  jsonText(path: Path): string {
    // JSON.parse is exact for integers with fewer digits, and parsing the text again is slow.
    if (/\d{16}/.test(this.#json)) {
      this.#exact ??= parse([{ file: "", text: this.#json }], () => {})[0];
      if (this.#exact !== undefined) return this.#exact.jsonText(path);
    }
    let part: unknown = this.value;
    for (const step of path) part = (part as Record<string | number, unknown>)[step];
    return JSON.stringify(part);
  }
}
