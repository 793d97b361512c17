/** One input file, read by the caller: parsing does no I/O. */
export interface SourceText {
  /** The name that diagnostics give. */
  file: string;
  text: string;
}
