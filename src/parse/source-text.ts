/** One input file, read by the caller: parsing does no I/O. */
export interface SourceText {
  /** The name that diagnostics give. */
  file: string;
  /** Undefined where the file's bytes are no UTF-8. */
  text: string | undefined;
}
