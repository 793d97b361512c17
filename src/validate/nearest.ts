/**
 * The candidate that `text` is probably a misspelling of, as the end of a message; empty if there is
 * none. Only the candidate is quoted, never the text.
 */
export function suggest(text: string, candidates: Iterable<string>): string {
  const most = Math.max(1, Math.floor(text.length / 4));
  let best: { candidate: string; distance: number } | undefined;
  for (const candidate of candidates) {
    if (Math.abs(candidate.length - text.length) > most) continue;
    const distance = distanceOf(text.toLowerCase(), candidate.toLowerCase());
    if (distance <= most && distance < (best?.distance ?? Infinity)) best = { candidate, distance };
  }
  return best === undefined ? "" : `; did you mean ${best.candidate}?`;
}

/** How many letters are to be inserted, left out, replaced or swapped with the next. */
function distanceOf(from: string, to: string): number {
  let [beforeLast, last]: [number[], number[]] = [[], Array.from(from + " ", (_, at) => at)];
  for (let row = 1; row <= to.length; row += 1) {
    const current = [row];
    for (let at = 1; at <= from.length; at += 1) {
      const isSame = from[at - 1] === to[row - 1];
      const isSwapped = from[at - 1] === to[row - 2] && from[at - 2] === to[row - 1];
      const costs = [
        cell(last, at) + 1,
        cell(current, at - 1) + 1,
        cell(last, at - 1) + (isSame ? 0 : 1),
        isSwapped ? cell(beforeLast, at - 2) + 1 : Infinity,
      ];
      current.push(Math.min(...costs));
    }
    [beforeLast, last] = [last, current];
  }
  return cell(last, from.length);
}

function cell(row: readonly number[], at: number): number {
  return row[at] ?? Infinity;
}
