// Headers in the format of the ABI: the count, the sizes of each name and value, then each name and
// value followed by a NUL.

export type HeaderList = [name: string, value: string][];

/** The bytes of a header map, as the host passes them to the module. */
export function serialise(headers: HeaderList): Buffer {
  const numbers = [headers.length];
  const texts: Buffer[] = [];
  for (const text of headers.flat()) {
    numbers.push(Buffer.byteLength(text));
    texts.push(Buffer.from(text + "\0"));
  }
  return Buffer.concat([Buffer.from(Uint32Array.from(numbers).buffer), ...texts]);
}

/** The headers in the bytes that a module passes to the host. */
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
