// A tar archive of one file. The same file always gives the same bytes.

const blockBytes = 512;
const endBytes = 2 * blockBytes;

/** The position of each header field, and its length in bytes. */
const fields = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 8],
} as const;

/**
 * An archive with one file, which belongs to root, is from 1970, and can be read by everybody.
 * `name` must be ASCII, at most 99 bytes.
 */
export function tarOf(name: string, content: Uint8Array): Buffer {
  const padding = (blockBytes - (content.length % blockBytes)) % blockBytes;
  return Buffer.concat([headerOf(name, content.length), content, Buffer.alloc(padding + endBytes)]);
}

function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  const put = (field: keyof typeof fields, text: string) => {
    const [start, bytes] = fields[field];
    header.write(text, start, bytes, "latin1");
  };
  put("name", name);
  put("mode", octal("mode", 0o644));
  put("uid", octal("uid", 0));
  put("gid", octal("gid", 0));
  put("size", octal("size", size));
  put("mtime", octal("mtime", 0));
  put("type", "0");
  put("magic", "ustar\u000000");
  // The checksum is computed with its own field as spaces.
  put("checksum", " ".repeat(fields.checksum[1]));
  const sum = header.reduce((total, byte) => total + byte, 0);
  put("checksum", `${sum.toString(8).padStart(6, "0")}\0 `);
  return header;
}

function octal(field: keyof typeof fields, value: number): string {
  return value.toString(8).padStart(fields[field][1] - 1, "0");
}
