// Headers as the ABI carries them: a count, each name's and value's size, then each name and value with a NUL behind it.

export type HeaderList = [name: string, value: string][];

/** The bytes of a header map, as the host hands them out. */
export function serialise(headers: HeaderList): Buffer {
  const numbers = [headers.length];
  const texts: Buffer[] = [];
  for (const text of headers.flat()) {
    numbers.push(Buffer.byteLength(text));
    texts.push(Buffer.from(text + "\0"));
  }
  return Buffer.concat([Buffer.from(Uint32Array.from(numbers).buffer), ...texts]);
}

/** The headers in bytes that a module hands to the host. */
export function parsePairs(bytes: Buffer): HeaderList {
  const count = bytes.readUInt32LE(0);
  let at = 4 + count * 8;
  const next = (size: number) => {
    const text = bytes.subarray(at, at + size).toString();
    at += size + 1;
    return text;
  };
  return Array.from({ length: count }, (_, index) => {
    const nameSize = bytes.readUInt32LE(4 + index * 8);
    const valueSize = bytes.readUInt32LE(8 + index * 8);
    return [next(nameSize), next(valueSize)];
  });
}
