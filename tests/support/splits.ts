// Ways to split a body into chunks.

/** The body cut in two at every offset, including both ends, where one part is empty. */
export function* everySplit(body: Buffer): Generator<Buffer[]> {
  for (let at = 0; at <= body.length; at++) yield [body.subarray(0, at), body.subarray(at)];
}

/** The body in chunks of one byte. */
export function singleBytes(body: Buffer): Buffer[] {
  return Array.from(body, (_, at) => body.subarray(at, at + 1));
}

/** The body cut at each of the given places, which may repeat and be in any order. */
export function cutAt(body: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [0, ...places.map((place) => place % (body.length + 1)), body.length].sort(
    (left, right) => left - right,
  );
  return sorted.slice(1).map((end, index) => body.subarray(sorted[index], end));
}
