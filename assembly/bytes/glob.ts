// Matches a name against a glob of `*` (any run of bytes) and `?` (any one byte). Nothing is kept
// between calls.

import { Bytes } from "./bytes";
import { Char } from "./chars";

/** Whether the whole run matches `glob`. Takes at most the product of both lengths in steps. */
export function matchesGlob(glob: Bytes, start: usize, end: usize): bool {
  let pattern = changetype<usize>(glob);
  const patternEnd = pattern + <usize>glob.byteLength;
  let star: usize = 0;
  let retry: usize = 0;
  let at = start;
  while (at < end) {
    const wanted: u8 = pattern < patternEnd ? load<u8>(pattern) : 0;
    if (wanted == Char.Star && pattern < patternEnd) {
      star = ++pattern;
      retry = at;
    } else if (pattern < patternEnd && (wanted == Char.Question || wanted == load<u8>(at))) {
      pattern++;
      at++;
    } else if (star != 0) {
      pattern = star;
      at = ++retry;
    } else {
      return false;
    }
  }
  while (pattern < patternEnd && load<u8>(pattern) == Char.Star) pattern++;
  return pattern == patternEnd;
}
