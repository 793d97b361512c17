// The only place where the program writes, as lint demands: whatever comes from a file, a client or
// Envoy passes through `printable`.
import { printable, printableLine } from "../printable.ts";

/** Writes one line to standard output. */
export function printLine(line: string): void {
  process.stdout.write(`${printableLine(line)}\n`);
}

/** Writes one line to standard error. */
export function warnLine(line: string): void {
  process.stderr.write(`${printableLine(line)}\n`);
}

/** Writes text of whole lines to standard output. */
export function print(text: string): void {
  process.stdout.write(printable(text));
}

/** Writes text of whole lines to standard error. */
export function warn(text: string): void {
  process.stderr.write(printable(text));
}

/**
 * Writes how far something is over the terminal's current line, or, for an empty text, deletes that
 * line. Does nothing if standard error is not a terminal.
 */
export function showProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${printableLine(text)}\x1b[K`);
}
