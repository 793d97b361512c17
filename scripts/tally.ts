// What a test run came to.

export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** A tally of nothing, to count on. */
export function newTally(): Tally {
  return { passed: 0, failed: 0, skipped: 0 };
}

/** Adds what a part of the run came to. */
export function add(total: Tally, part: Tally): void {
  total.passed += part.passed;
  total.failed += part.failed;
  total.skipped += part.skipped;
}

/** `N passed, N failed`, and `, N skipped` where some were. */
export function format({ passed, failed, skipped }: Tally): string {
  const line = `${passed} passed, ${failed} failed`;
  return skipped === 0 ? line : `${line}, ${skipped} skipped`;
}

/** Reads what `format` wrote; undefined for any other line. */
export function readTally(line: string): Tally | undefined {
  const numbers = /^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$/.exec(line);
  if (numbers === null) return undefined;
  const [, passed, failed, skipped = "0"] = numbers;
  return { passed: Number(passed), failed: Number(failed), skipped: Number(skipped) };
}
