// The result of a test run.

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** An empty tally. */
export function newTally(): Tally {
  return { passed: 0, failed: 0, skipped: 0 };
}

/** Adds the result of a part of the run. */
export function add(total: Tally, part: Tally): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped;
}

/** `N passed, N failed`, and `, N skipped` if there were any. */
export function format({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** Parses the output of `format`; undefined for any other line. */
export function readTally(line: string): Tally | undefined {
  const numbers = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line);
  if (numbers === null) return undefined;
  const [, passed, failed, skipped = "0"] = numbers;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}
