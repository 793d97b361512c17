// Takes the usage out of a chunk that the filter requested and that has more than the usage, such
// as llama.cpp's timings. Comes in: the whole event in memory; goes out: the same bytes, in which
// one empty choice takes the place of the usage, as clients read the first choice of each chunk.
// Nothing is kept between calls.

import { bytesOf, find } from "../bytes/bytes";
import { Char } from "../bytes/chars";
import { NOWHERE, UsageReader } from "./usage-reader";

// For chat and for legacy completions.
const CHOICE = bytesOf('"choices":[{"index":0,"delta":{},"text":""}]');
// Takes the place of `"choices":[]`, and is not longer.
const NO_USAGE = bytesOf('"usage":null');

/**
 * Writes the choice into the event from `start` to `end`, of which `usage` has read the text. False
 * if the event is not a chunk of a completion, or its usage is shorter than the choice.
 */
export function writeChoice(usage: UsageReader, start: usize, end: usize): bool {
  const hasChoices = usage.choicesStart != NOWHERE;
  if (usage.usageEnd == NOWHERE || (!hasChoices && !usage.isChunk)) return false;
  const usageStart = start + usage.usageStart;
  const usageEnd = start + usage.usageEnd;
  if (usageEnd - usageStart < <usize>CHOICE.byteLength || hasLineEnd(usageStart, usageEnd)) {
    return false;
  }
  if (hasChoices) {
    const choicesStart = start + usage.choicesStart;
    const choicesEnd = endOfChoices(choicesStart, end);
    if (choicesEnd > end || choicesEnd - choicesStart < <usize>NO_USAGE.byteLength) return false;
    if (hasLineEnd(choicesStart, choicesEnd)) return false;
    replace(NO_USAGE, choicesStart, choicesEnd);
  }
  replace(CHOICE, usageStart, usageEnd);
  return true;
}

// The value is null, or an empty array, unless it is not JSON. After `end` if it does not end before.
function endOfChoices(start: usize, end: usize): usize {
  let at = start;
  while (at < end && load<u8>(at) != Char.CloseBracket && load<u8>(at) != Char.l) at++;
  return load<u8>(at) == Char.l ? at + 2 : at + 1;
}

// A member on several lines of data can't be replaced.
function hasLineEnd(start: usize, end: usize): bool {
  return find(Char.LineFeed, start, end) != end || find(Char.Return, start, end) != end;
}

function replace(by: ArrayBuffer, start: usize, end: usize): void {
  const size = <usize>by.byteLength;
  memory.copy(start, changetype<usize>(by), size);
  memory.fill(start + size, Char.Space, end - start - size);
}
